/** By which kind of mark the invested value is known, and how it changed by session, in words. Pure. */

import type { Coverage, Covered, Position, SessionChanges } from "navstream-client";

import { day } from "./format";
import { reasonText } from "./reasons";

export interface CoverageShare {
  kind: Covered;
  name: string;
  share: number;
  meaning: string;
}

const KINDS: [Covered, string, string][] = [
  ["live", "Live", "A market price of the session under way."],
  ["extended", "Extended hours", "A price from before the open, after the close, or overnight."],
  ["close", "Last close", "The official close: no price since."],
  ["nav", "Fund NAV", "A fund’s net asset value, published once a day."],
  ["provider", "Institution", "The institution’s own price: there is no market price for it."],
  ["stale", "Stale", "An old price although the market is open."],
];

/** Return the kinds of mark that occur, best first; nothing when the shares are unknown. */
export function coverageShares(coverage: Coverage): CoverageShare[] {
  return KINDS.flatMap(([kind, name, meaning]) => {
    const share = coverage[kind];
    return share === null || share <= 0 ? [] : [{ kind, name, share, meaning }];
  });
}

/** Return a position's known changes by session, with the day of the baseline where it differs from the day change's. */
export function positionChanges(position: Position): { name: string; amount: number; since: string }[] {
  const { extended_since: since } = position;
  const late = since === null ? "" : ` since the close of ${day(since)}`;
  const all: [string, number | null, string][] = [
    ["Regular", position.regular_change, ""],
    ["Extended", position.extended_change, late],
    ["Overnight", position.overnight_change, late],
    ["Round the clock", position.round_the_clock_change, " since midnight"],
  ];
  return all.flatMap(([name, amount, text]) => (amount === null ? [] : [{ name, amount, since: text }]));
}

export interface SessionChange {
  name: string;
  amount: number | null;
  /** `since Nov 19’s close` when known, else why it is not. */
  remark: string;
}

/** Return the four changes by session; an unknown one says why. */
export function sessionChanges(changes: SessionChanges): SessionChange[] {
  const row = (name: string, amount: number | null, since: string | null, reason: string | null, base: string) => ({
    name,
    amount,
    remark: amount === null ? (reasonText(reason) ?? "Not known.") : since === null ? "" : `since ${base}, ${day(since)}`,
  });
  return [
    row("Regular", changes.regular, changes.regular_since, changes.regular_reason, "the close"),
    row("Extended", changes.extended, changes.extended_since, changes.extended_reason, "the close"),
    row("Overnight", changes.overnight, changes.overnight_since, changes.overnight_reason, "the close"),
    row(
      "Round the clock",
      changes.round_the_clock,
      changes.round_the_clock_since,
      changes.round_the_clock_reason,
      "midnight",
    ),
  ];
}
