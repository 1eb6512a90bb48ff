import { describe, expect, it } from "vitest";

import { applyDelta } from "../src/apply";
import type { JsonObject } from "../src/protocol";

describe("applyDelta", () => {
  it("overwrites what changed and keeps the rest", () => {
    expect(applyDelta({ total_value: 1, cash: 2 }, { total_value: 3 })).toEqual({ total_value: 3, cash: 2 });
  });

  it("merges objects one level deep", () => {
    const state = { a: { price: 1, name: "A", list: [1, 2] } };
    expect(applyDelta(state, { a: { price: 2, list: [3] } })).toEqual({ a: { price: 2, name: "A", list: [3] } });
  });

  it("replaces what is nested deeper, and an object by null or null by an object", () => {
    expect(applyDelta({ a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 3 } } })).toEqual({ a: { b: { c: 3 } } });
    expect(applyDelta({ a: { b: 1 } }, { a: null })).toEqual({ a: null });
    expect(applyDelta({ a: null }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
    expect(applyDelta({ a: [1] }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
  });

  it("sets null: unknown is a value", () => {
    expect(applyDelta({ day_change: 5 }, { day_change: null })).toEqual({ day_change: null });
  });

  it("adds new keys and removes keys after merging", () => {
    expect(applyDelta({ a: { x: 1 }, b: { x: 2 } }, { c: { x: 3 }, b: { x: 4 } }, ["a", "b"])).toEqual({ c: { x: 3 } });
  });

  it("leaves the old state alone and keeps the identity of what did not change", () => {
    const state: JsonObject = { a: { x: 1 }, b: { x: 2 } };
    const next = applyDelta(state, { a: { x: 9 } });
    expect(state).toEqual({ a: { x: 1 }, b: { x: 2 } });
    expect(next["b"]).toBe(state["b"]);
    expect(next["a"]).not.toBe(state["a"]);
  });

  it("brings any state to any other by the difference between them", () => {
    let seed = 7;
    const chance = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const anyState = (): JsonObject => {
      const entries = [..."abcdef"].filter(() => chance() < 0.6).map((key) => {
        const row = Object.fromEntries([..."xyz"].map((field) => [field, Math.floor(chance() * 3)]));
        return [key, chance() < 0.2 ? null : chance() < 0.3 ? Math.floor(chance() * 3) : row];
      });
      return Object.fromEntries(entries) as JsonObject;
    };
    for (let round = 0; round < 500; round++) {
      const [before, after] = [anyState(), anyState()];
      const removed = Object.keys(before).filter((key) => !(key in after));
      expect(applyDelta(before, after, removed)).toEqual(after);
    }
  });
});
