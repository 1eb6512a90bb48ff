import { describe, expect, it } from "vitest";

import { retryDelayMs } from "../src/backoff";

describe("retryDelayMs", () => {
  it("doubles with each failure, up to 15 seconds", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((failures) => retryDelayMs(failures, 1006, 1))).toEqual([
      500, 1000, 2000, 4000, 8000, 15_000, 15_000,
    ]);
  });

  it("leaves half of the wait to chance", () => {
    expect(retryDelayMs(3, 0, 0)).toBe(2000);
    expect(retryDelayMs(3, 0, 0.5)).toBe(3000);
  });

  it("comes back at once after a restart, but only the first time", () => {
    expect(retryDelayMs(0, 1012, 0)).toBe(0);
    expect(retryDelayMs(0, 1012, 1)).toBe(500);
    expect(retryDelayMs(3, 1012, 1)).toBe(4000);
  });

  it.each([[1013], [4429]])("leaves a server that is too busy (%i) alone for at least 5 seconds", (code) => {
    expect(retryDelayMs(0, code, 0)).toBeGreaterThanOrEqual(5000);
    expect(retryDelayMs(0, code, 1)).toBeGreaterThan(5000);
  });
});
