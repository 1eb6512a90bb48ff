/** Which holdings moved the total most today. Pure. */

import type { Position } from "navstream-client";

/** Return up to `count` positions with the largest known day change either way, largest first. */
export function movers(positions: readonly Position[], count: number): Position[] {
  const size = (position: Position): number => Math.abs(position.day_change ?? 0);
  return positions
    .filter((position) => size(position) > 0)
    .sort((a, b) => size(b) - size(a) || a.symbol.localeCompare(b.symbol, "en"))
    .slice(0, count);
}
