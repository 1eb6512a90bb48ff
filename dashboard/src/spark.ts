/** A day's prices as the line of a small picture. Pure. */

import type { Point } from "./series";

export interface SparkPath {
  /** `points` of an SVG polyline. */
  line: string;
  /** Where the previous close lies; null when it is unknown or far outside the picture. */
  baseline: number | null;
  /** Where the last price is beside the previous close, or, without one, the first price; flat if it never moved. */
  way: "up" | "down" | "flat";
}

const EDGE = 2;

/** Return the line of these prices in a picture of that size; null for fewer than two of them. */
export function sparkPath(
  points: readonly Point[],
  previousClose: number | null,
  width: number,
  height: number,
): SparkPath | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first.time === last.time) {
    return null;
  }
  const values = points.map(({ value }) => value);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const reach = (high - low) * 2 || Math.abs(high) * 0.01;
  const near = previousClose !== null && previousClose >= low - reach && previousClose <= high + reach;
  if (near) {
    [low, high] = [Math.min(low, previousClose), Math.max(high, previousClose)];
  }
  const x = (time: number): number => ((time - first.time) / (last.time - first.time)) * width;
  const y = (value: number): number =>
    high === low ? height / 2 : EDGE + ((high - value) / (high - low)) * (height - 2 * EDGE);
  return {
    line: points.map(({ time, value }) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
    baseline: near ? Number(y(previousClose).toFixed(1)) : null,
    way: values.every((value) => value === last.value) ? "flat" : last.value >= (previousClose ?? first.value) ? "up" : "down",
  };
}
