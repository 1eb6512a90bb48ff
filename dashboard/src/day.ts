/** The day's points as a chart and as a table: evenly spaced, with their market session. Pure. */

import type { Point } from "./series";

/** The regular session of a trading day; market time, seconds since 1970. */
export interface RegularHours {
  tradingDay: string;
  opens: number;
  closes: number;
}

/** A place on the chart's time axis; without a value where nothing is known. */
export interface Cell {
  time: number;
  value: number | null;
}

const CELLS_MAX = 600;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/**
 * Return the points in cells of one length, so that an hour is as wide as any other hour however many points it has.
 * The newest value of a cell stands for it.
 */
export function cellsOf(points: readonly Point[]): Cell[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const step = stepOf(last.time - first.time, CELLS_MAX);
  const [from, to] = [floorTo(first.time, step), floorTo(last.time, step)];
  const values = new Map(points.map(({ time, value }) => [floorTo(time, step), value]));
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => {
    const time = from + index * step;
    return { time, value: values.get(time) ?? null };
  });
}

export type DaySession = "pre" | "regular" | "post";

export interface DayRow {
  time: number;
  value: number;
  /** Null while the day's hours are unknown. */
  session: DaySession | null;
  /** Against the previous close; null while it is unknown. */
  change: number | null;
  changePct: number | null;
}

const ROWS_MAX = 66;

/** Return the day in at most some sixty rows, the newest first: the last value of each span, and the newest value. */
export function rowsOfDay(points: readonly Point[], previous: number | null, hours: RegularHours | null): DayRow[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const step = Math.max(60, stepOf(last.time - first.time, ROWS_MAX));
  const newest = new Map(points.map((point) => [floorTo(point.time, step), point]));
  return [...newest.values()].reverse().map(({ time, value }) => {
    const change = previous === null ? null : value - previous;
    return {
      time,
      value,
      session: sessionAt(time, hours),
      change,
      changePct: change === null || previous === null || previous === 0 ? null : (change / previous) * 100,
    };
  });
}

/** Return the spans of a line from `first` to `last` that lie outside the regular session. */
export function extendedSpans(first: number, last: number, hours: RegularHours): { from: number; to: number }[] {
  return [
    { from: first, to: Math.min(hours.opens, last) },
    { from: Math.max(hours.closes, first), to: last },
  ].filter(({ from, to }) => from < to);
}

function sessionAt(time: number, hours: RegularHours | null): DaySession | null {
  if (hours === null) {
    return null;
  }
  return time < hours.opens ? "pre" : time < hours.closes ? "regular" : "post";
}

function stepOf(seconds: number, most: number): number {
  return STEPS_S.find((step) => seconds / step < most) ?? Math.ceil(seconds / most / 600) * 600;
}

function floorTo(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step;
}
