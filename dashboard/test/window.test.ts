import { describe, expect, it } from "vitest";

import { spanOf } from "../src/window";

describe("spanOf", () => {
  const heights = new Array<number>(1000).fill(50);

  it("is what is near the screen, and accounts for all the rest", () => {
    const span = spanOf(heights, 20_000, 1000);
    expect(span.from * 50).toBeLessThanOrEqual(20_000 - 800);
    expect(span.to * 50).toBeGreaterThanOrEqual(21_000 + 800);
    expect(span.to - span.from).toBeLessThan(75);
    expect(span.before + (span.to - span.from) * 50 + span.after).toBe(50_000);
  });

  it("stays the same while one scrolls a little", () => {
    expect(spanOf(heights, 20_010, 1000)).toEqual(spanOf(heights, 20_040, 1000));
  });

  it("knows taller lines", () => {
    const tall = [...heights];
    tall[3] = 2_000;
    expect(spanOf(tall, 5_000, 500).before).toBe(spanOf(tall, 5_000, 500).from * 50 + 1_950);
  });

  it("begins and ends with the list, also when the screen is elsewhere", () => {
    expect(spanOf(heights, -300, 900).from).toBe(0);
    expect(spanOf(heights, 49_500, 900)).toMatchObject({ to: 1000, after: 0 });
    const beyond = spanOf(heights, -9_000, 900);
    expect(beyond.to - beyond.from).toBe(0);
    expect(beyond.before + beyond.after).toBe(50_000);
    expect(spanOf([], 0, 900)).toEqual({ from: 0, to: 0, before: 0, after: 0 });
  });
});
