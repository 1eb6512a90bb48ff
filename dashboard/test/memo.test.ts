import { describe, expect, it } from "vitest";

import { sameProperties } from "../src/views/memo";

describe("sameProperties", () => {
  it("compares by identity, also for missing and unknown properties", () => {
    const row = {};
    expect(sameProperties({ row, text: "a" }, { row, text: "a" })).toBe(true);
    expect(sameProperties({ row: {} }, { row: {} })).toBe(false);
    expect(sameProperties({ a: undefined }, { b: undefined })).toBe(false);
    expect(sameProperties({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameProperties({ a: Number.NaN }, { a: Number.NaN })).toBe(true);
  });
});
