/** The points of the live chart: grows as values arrive, and keeps itself small. Pure. */

export interface Point {
  /** Market time, whole seconds since 1970. */
  time: number;
  value: number;
}

export interface Series {
  /** Which trading day it shows; another one starts afresh. */
  tradingDay: string;
  /** One point at most per so many seconds of market time. */
  bucketS: number;
  points: readonly Point[];
}

export const POINTS_MAX = 1_200;

export const EMPTY: Series = { tradingDay: "", bucketS: 1, points: [] };

/**
 * Return the series with a value added. The newest value of a bucket stands for it; when there are too many buckets
 * they are made twice as wide. A value older than the last point means that the market clock was set back (a replay
 * began again): the series starts afresh.
 */
export function append(series: Series, tradingDay: string, timeMs: number, value: number): Series {
  const last = series.points.at(-1);
  const seconds = timeMs / 1000;
  if (series.tradingDay !== tradingDay || (last !== undefined && seconds < last.time - series.bucketS)) {
    return { tradingDay, bucketS: 1, points: [{ time: Math.floor(seconds), value }] };
  }
  const time = bucketOf(seconds, series.bucketS);
  const keep = last !== undefined && last.time >= time ? series.points.slice(0, -1) : series.points;
  const points = [...keep, { time: Math.max(time, last?.time ?? time), value }];
  return points.length > POINTS_MAX ? thinned(series, points) : { ...series, points };
}

/** At most so many seconds without a point of our own are no hole that the server's points could fill. */
const HOLE_S = 90;

/**
 * Return the series with what the server kept of this day (one point a minute, in order) where we have none of our own:
 * from before the page was opened, and while it slept.
 */
export function joined(series: Series, tradingDay: string, kept: readonly Point[]): Series {
  const own = series.tradingDay === tradingDay ? series.points : [];
  let next = 0;
  const missing = kept.filter(({ time }) => {
    while (next < own.length && (own[next]?.time ?? 0) < time) {
      next += 1;
    }
    const [before, after] = [own[next - 1]?.time ?? -Infinity, own[next]?.time ?? Infinity];
    return after - before > HOLE_S && after !== time;
  });
  if (missing.length === 0) {
    return series;
  }
  const points = [...own, ...missing].sort((a, b) => a.time - b.time);
  const all: Series = { tradingDay, bucketS: series.bucketS, points };
  return points.length > POINTS_MAX ? thinned(all, points) : all;
}

function thinned(series: Series, points: readonly Point[]): Series {
  const bucketS = series.bucketS * 2;
  const newest = new Map<number, Point>();
  for (const point of points) {
    const time = bucketOf(point.time, bucketS);
    newest.set(time, { time, value: point.value });
  }
  return { ...series, bucketS, points: [...newest.values()] };
}

function bucketOf(seconds: number, bucketS: number): number {
  return Math.floor(seconds / bucketS) * bucketS;
}
