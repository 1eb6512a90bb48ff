/** Prices over the day of each instrument, for the sparklines: what the server kept, then what arrives. Pure. */

import type { Position } from "navstream-client";

import type { Point } from "./series";

export type Sparks = ReadonlyMap<string, readonly Point[]>;

/** One point an instrument at most per so many seconds of market time. */
const EVERY_S = 60;
const POINTS_MAX = 400;

/** Return the sparks with the positions' prices at `seconds`; the same ones while it is too early for a point. */
export function grownSparks(sparks: Sparks, at: number, positions: readonly Position[], seconds: number): [Sparks, number] {
  if (seconds >= at && seconds < at + EVERY_S) {
    return [sparks, at];
  }
  const next = new Map(sparks);
  for (const { instrument, price } of positions) {
    if (price !== null) {
      const before = (next.get(instrument) ?? []).filter(({ time }) => time < seconds);
      next.set(instrument, [...before, { time: Math.floor(seconds), value: price }].slice(-POINTS_MAX));
    }
  }
  return [next, Math.floor(seconds / EVERY_S) * EVERY_S];
}

/** Return the sparks with what the server kept of the day put before what this page has seen. */
export function joinedSparks(sparks: Sparks, kept: Record<string, readonly Point[]>): Sparks {
  const next = new Map(sparks);
  for (const [instrument, points] of Object.entries(kept)) {
    const own = next.get(instrument) ?? [];
    const first = own[0]?.time ?? Infinity;
    next.set(instrument, [...points.filter(({ time }) => time < first), ...own].slice(-POINTS_MAX));
  }
  return next;
}
