import { describe, expect, it } from "vitest";

import { applyDelta } from "../src/apply";
import { stateHash } from "../src/hash";
import type { JsonObject } from "../src/protocol";
import vectors from "../../../tests/support/state_hashes.json?raw";

describe("stateHash", () => {
  const known = JSON.parse(vectors) as { state: JsonObject; hash: string }[];

  it.each(known.map(({ state, hash }) => [hash, state] as const))("is %s where Python says so", (hash, state) => {
    expect(stateHash(state)).toBe(hash);
  });

  it("does not depend on the order of keys, and not on how the state came about", () => {
    const state = applyDelta({ b: { y: 2, x: 1 }, gone: 1 }, { a: [1], b: { x: 3 } }, ["gone"]);
    expect(stateHash(state)).toBe(stateHash({ a: [1], b: { x: 3, y: 2 } }));
  });

  it("differs when a value, a field or a row does", () => {
    const states: JsonObject[] = [
      { a: { x: 1, y: 2 } },
      { a: { x: 2, y: 1 } },
      { a: { x: 1, y: null } },
      { a: { x: 1 } },
      { b: { x: 1, y: 2 } },
      { a: { x: 1, y: 2.0000000000000004 } },
      { a: { x: true, y: 2 } },
      { a: { x: "1", y: 2 } },
    ];
    expect(new Set(states.map(stateHash)).size).toBe(states.length);
  });
});
