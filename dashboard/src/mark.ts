/** Where a position's price comes from and how far to trust it, in words. Pure. */

import type { Position, PriceSource } from "navstream-client";

import { age, day, newYorkDayTime, newYorkTime, newYorkDate } from "./format";

export type MarkKind = "live" | "stale" | "estimated" | "unpriced" | "cash";

export interface Mark {
  kind: MarkKind;
  /** A word or two for a chip; empty when there is nothing to say. */
  label: string;
  /** A sentence for the title and for screen readers. */
  reason: string;
}

export const SOURCES: Record<PriceSource, string> = {
  trade: "Last trade",
  quote: "Middle of the quote",
  bar: "Minute bar",
  poll: "Polled price",
  session_close: "Official close",
  previous_close: "Previous close",
  provider: "Institution’s price",
};

/** Return what to say about a position's price, `now` being market time. */
export function markOf(position: Position, now: number): Mark {
  if (position.unpriced_reason !== null || (position.price === null && position.asset_class !== "cash")) {
    return position.unpriced_reason === "no_fx_rate"
      ? {
          kind: "unpriced",
          label: "No FX rate",
          reason: `Left out of the total: no exchange rate from ${position.currency} is known.`,
        }
      : { kind: "unpriced", label: "No price", reason: "Left out of the total: no usable price is known." };
  }
  if (position.asset_class === "cash") {
    return { kind: "cash", label: "", reason: "Uninvested money." };
  }
  const when = position.price_time === null ? null : Date.parse(position.price_time);
  const at = when === null ? "" : `, ${whenIn(when, now)} New York`;
  if (position.price_source === "previous_close") {
    const date = position.previous_close_date === null ? "" : ` ${day(position.previous_close_date)}`;
    return { kind: "estimated", label: `Close${date}`, reason: `Estimated: valued at the official close${date === "" ? "" : ` of${date}`}.` };
  }
  if (position.price_source === "provider") {
    return {
      kind: "estimated",
      label: "Institution",
      reason: `Estimated: valued at the institution’s own price${at}; no live market price for it.`,
    };
  }
  const source = position.price_source === null ? "Price" : SOURCES[position.price_source];
  return position.stale
    ? {
        kind: "stale",
        label: when === null ? "Stale" : `Stale, ${age(now - when)}`,
        reason: `No new price for a while although the market is open. ${source}${at}.`,
      }
    : { kind: "live", label: "", reason: `${source}${at}.` };
}

function whenIn(instant: number, now: number): string {
  return newYorkDate(instant) === newYorkDate(now) ? newYorkTime(instant) : newYorkDayTime(instant);
}
