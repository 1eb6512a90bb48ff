import { describe, expect, it } from "vitest";

import { cellsOf, extendedSpans, rowsOfDay } from "../src/day";

const OPENS = Date.parse("2026-11-20T14:30:00Z") / 1000;
const HOURS = { tradingDay: "2026-11-20", opens: OPENS, closes: OPENS + 6.5 * 3600 };

describe("cellsOf", () => {
  it("makes an hour with a point a minute as wide as one with a point a second", () => {
    const minutes = Array.from({ length: 60 }, (_, index) => ({ time: index * 60, value: 1 }));
    const seconds = Array.from({ length: 3600 }, (_, index) => ({ time: 3600 + index, value: 2 }));
    const cells = cellsOf([...minutes, ...seconds]);
    const steps = new Set(cells.slice(1).map(({ time }, index) => time - cells[index]!.time));
    expect(steps.size).toBe(1);
    expect(cells.length).toBeLessThanOrEqual(601);
    const half = cells.filter(({ time }) => time < 3600).length;
    expect(Math.abs(half - cells.length / 2)).toBeLessThanOrEqual(1);
  });

  it("ends at the newest value, and leaves empty what is not known", () => {
    expect(cellsOf([{ time: 10, value: 1 }, { time: 12, value: 2 }])).toEqual([
      { time: 10, value: 1 },
      { time: 11, value: null },
      { time: 12, value: 2 },
    ]);
    expect(cellsOf([])).toEqual([]);
    expect(cellsOf([{ time: 7, value: 1 }])).toEqual([{ time: 7, value: 1 }]);
  });
});

describe("rowsOfDay", () => {
  const points = Array.from({ length: 16 * 60 }, (_, minute) => ({ time: OPENS - 5.5 * 3600 + minute * 60, value: minute }));

  it("keeps a whole day readable, the newest first, each with its session and its change", () => {
    const rows = rowsOfDay(points, 100, HOURS);
    expect(rows.length).toBeLessThanOrEqual(100);
    expect(rows[0]).toMatchObject({ value: 959, session: "post", change: 859, changePct: 859 });
    expect(rows.at(-1)?.session).toBe("pre");
    expect(new Set(rows.map(({ session }) => session))).toEqual(new Set(["pre", "regular", "post"]));
    expect(rows.every(({ time }, index) => index === 0 || time < rows[index - 1]!.time)).toBe(true);
  });

  it("says of nothing more than is known", () => {
    expect(rowsOfDay(points.slice(0, 1), null, null)).toEqual([
      { time: points[0]!.time, value: 0, session: null, change: null, changePct: null },
    ]);
    expect(rowsOfDay([], 1, HOURS)).toEqual([]);
  });
});

describe("extendedSpans", () => {
  it("are what lies before the open and after the close, early on a half day", () => {
    const { opens, closes } = HOURS;
    expect(extendedSpans(opens - 60, closes + 60, HOURS)).toEqual([
      { from: opens - 60, to: opens },
      { from: closes, to: closes + 60 },
    ]);
    expect(extendedSpans(opens, closes, HOURS)).toEqual([]);
    expect(extendedSpans(opens - 120, opens - 60, HOURS)).toEqual([{ from: opens - 120, to: opens - 60 }]);
    expect(extendedSpans(opens, closes, { ...HOURS, closes: closes - 10_800 })).toEqual([{ from: closes - 10_800, to: closes }]);
  });
});
