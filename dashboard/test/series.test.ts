import { describe, expect, it } from "vitest";

import { append, EMPTY, joined, POINTS_MAX, type Series } from "../src/series";

const DAY = "2026-11-20";

function filled(values: [seconds: number, value: number][]): Series {
  return values.reduce((series, [seconds, value]) => append(series, DAY, seconds * 1000, value), EMPTY);
}

describe("append", () => {
  it("keeps the newest value of each second", () => {
    const { points } = filled([
      [100.1, 1],
      [100.9, 2],
      [101, 3],
    ]);
    expect(points).toEqual([
      { time: 100, value: 2 },
      { time: 101, value: 3 },
    ]);
  });

  it("stays small for ever, in strictly rising time, and ends at the newest value", () => {
    let series = EMPTY;
    for (let second = 0; second < 20_000; second++) {
      series = append(series, DAY, second * 1000, second);
      expect(series.points.length).toBeLessThanOrEqual(POINTS_MAX);
      expect(series.points.at(-1)?.value).toBe(second);
    }
    const times = series.points.map(({ time }) => time);
    expect(times.every((time, index) => index === 0 || time > times[index - 1]!)).toBe(true);
    expect(series.points[0]?.time).toBe(0);
  });

  it("starts afresh on another trading day and when the market clock is set back", () => {
    const before = filled([
      [100, 1],
      [200, 2],
    ]);
    expect(append(before, "2026-11-23", 300_000, 3).points).toEqual([{ time: 300, value: 3 }]);
    expect(append(before, DAY, 50_000, 4).points).toEqual([{ time: 50, value: 4 }]);
    expect(append(before, DAY, 199_500, 5).points.at(-1)).toEqual({ time: 200, value: 5 });
  });
});

describe("joined", () => {
  const point = (time: number, value: number) => ({ time, value });
  const kept = [point(0, 1), point(60, 2), point(120, 3), point(180, 4)];

  it("puts what the server kept before what this page has seen", () => {
    const own = append(EMPTY, "2026-11-20", 150_000, 9);
    const all = joined(own, "2026-11-20", kept);
    expect(all.points.map(({ time }) => time)).toEqual([0, 60, 120, 150, 180]);
  });

  it("fills the hole of a sleep, and nothing where there is none", () => {
    let own = EMPTY;
    for (const seconds of [0, 30, 65, 300]) {
      own = append(own, "2026-11-20", seconds * 1000, 5);
    }
    expect(joined(own, "2026-11-20", kept).points.map(({ time }) => time)).toEqual([0, 30, 65, 120, 180, 300]);
    expect(joined(own, "2026-11-20", [point(45, 1)])).toBe(own);
  });

  it("begins a new day with the server's points alone", () => {
    const yesterday = append(EMPTY, "2026-11-19", 0, 5);
    expect(joined(yesterday, "2026-11-20", kept)).toMatchObject({ tradingDay: "2026-11-20", points: kept });
  });
});
