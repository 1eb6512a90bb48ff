/**
 * The hash by which client and server find out whether they hold the same state; docs/asyncapi.yaml says it in words,
 * navstream/protocol/state_hash.py is the same in Python. Pure.
 *
 * CRC-32 of the entries in the order of their keys: of each the key, then the value, as MessagePack, maps in the order
 * of their keys, every number a float 64.
 */

import type { Json, JsonObject } from "./protocol.ts";

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 8; bit++) {
    rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  }
  return rest;
});
const utf8 = new TextEncoder();
const float = new DataView(new ArrayBuffer(8));

/** Takes bytes in and keeps their checksum alone. */
class Checksum {
  private rest = 0xffffffff;

  hex(): string {
    return ((this.rest ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
  }

  value(value: Json): void {
    if (value === null) {
      this.byte(0xc0);
    } else if (typeof value === "boolean") {
      this.byte(value ? 0xc3 : 0xc2);
    } else if (typeof value === "number") {
      this.number(value);
    } else if (typeof value === "string") {
      this.text(value);
    } else if (Array.isArray(value)) {
      this.length(value.length, 0x90, 15, [0xdc, 0xdd]);
      value.forEach((part) => this.value(part));
    } else {
      const keys = Object.keys(value);
      this.length(keys.length, 0x80, 15, [0xde, 0xdf]);
      this.entries(value, keys);
    }
  }

  entries(value: JsonObject, keys: string[]): void {
    for (const key of keys.sort()) {
      this.text(key);
      this.value(value[key] as Json);
    }
  }

  private text(text: string): void {
    const bytes = utf8.encode(text);
    if (bytes.length > 31 && bytes.length < 0x100) {
      this.byte(0xd9);
      this.byte(bytes.length);
    } else {
      this.length(bytes.length, 0xa0, 31, [0xda, 0xdb]);
    }
    bytes.forEach((byte) => this.byte(byte));
  }

  private number(value: number): void {
    float.setFloat64(0, value);
    this.byte(0xcb);
    for (let at = 0; at < 8; at++) {
      this.byte(float.getUint8(at));
    }
  }

  private length(length: number, short: number, shortMax: number, [two, four]: [number, number]): void {
    if (length <= shortMax) {
      this.byte(short | length);
      return;
    }
    this.byte(length < 0x10000 ? two : four);
    for (let shift = length < 0x10000 ? 8 : 24; shift >= 0; shift -= 8) {
      this.byte(length >>> shift);
    }
  }

  private byte(byte: number): void {
    this.rest = (TABLE[(this.rest ^ byte) & 0xff] as number) ^ (this.rest >>> 8);
  }
}

/** Return a state's hash, 8 hex digits; the order of keys does not matter. */
export function stateHash(state: JsonObject): string {
  const sum = new Checksum();
  sum.entries(state, Object.keys(state));
  return sum.hex();
}
