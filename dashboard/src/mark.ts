/** Where a position's price comes from and how far to trust it, in words. Pure. */

import type { Position, PriceSource } from "navstream-client";

import { age, day, newYorkDayTime, newYorkTime, newYorkDate, price } from "./format";

export type MarkKind =
  | "live"
  | "extended"
  | "quote"
  | "estimated"
  | "provider"
  | "stale"
  | "halted"
  | "held"
  | "unpriced"
  | "cash";

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

/** Return what to say about a position's price, `now` being market time: the gravest thing first. */
export function markOf(position: Position, now: number): Mark {
  return (
    unpriced(position) ??
    (position.asset_class === "cash" ? cash(position) : null) ??
    held(position, now) ??
    halted(position, now) ??
    stale(position, now) ??
    estimated(position, now) ??
    live(position, now)
  );
}

function unpriced(position: Position): Mark | null {
  if (position.unpriced_reason === null && (position.price !== null || position.asset_class === "cash")) {
    return null;
  }
  return position.unpriced_reason === "no_fx_rate"
    ? {
        kind: "unpriced",
        label: "No FX rate",
        reason: `Left out of the total: no exchange rate from ${position.currency} is known.`,
      }
    : { kind: "unpriced", label: "No price", reason: "Left out of the total: no usable price is known." };
}

function cash(position: Position): Mark {
  return position.stale_reason === "old_fx_rate"
    ? { kind: "stale", label: "Old FX rate", reason: `The exchange rate from ${position.currency} is old.` }
    : { kind: "cash", label: "", reason: "Uninvested money." };
}

function held(position: Position, now: number): Mark | null {
  if (position.held !== null) {
    const { price: newer, time, reason } = position.held;
    const why = reason === "split_like" ? "it moved as by a split" : "it is far from the last one";
    const what = `${price(newer, position.currency)} of ${whenIn(Date.parse(time), now)} New York`;
    return {
      kind: "held",
      label: "Held",
      reason: `A newer price, ${what}, waits for a second source: ${why}. Shown is the last one before it.`,
    };
  }
  return position.split_pending === null
    ? null
    : {
        kind: "held",
        label: "Split pending",
        reason: `A split (${position.split_pending} new for each) has taken effect; the institution still reports the old quantity.`,
      };
}

function halted(position: Position, now: number): Mark | null {
  const status = position.trading_status;
  if (status === null || status === "trading") {
    return limited(position, now) ?? old(position, now);
  }
  return status === "paused"
    ? {
        kind: "halted",
        label: "Paused",
        reason: `Trading is paused after a fast move.${between(position)} ${origin(position, now)}.`,
      }
    : { kind: "halted", label: "Halted", reason: `Trading is halted. ${origin(position, now)}.` };
}

function limited(position: Position, now: number): Mark | null {
  const state = position.price_band?.state ?? null;
  return state === null
    ? null
    : {
        kind: "halted",
        label: state === "limit_up" ? "Limit up" : "Limit down",
        reason: `The price has reached a limit of the exchanges.${between(position)} ${origin(position, now)}.`,
      };
}

function between({ price_band: band, currency }: Position): string {
  return band === null
    ? ""
    : ` It may trade between ${price(band.down, currency)} and ${price(band.up, currency)} at the moment.`;
}

function old(position: Position, now: number): Mark | null {
  return position.stale_reason === "halted"
    ? { kind: "halted", label: "Halted", reason: `Trading is halted. ${origin(position, now)}.` }
    : null;
}

function stale(position: Position, now: number): Mark | null {
  if (!position.stale) {
    return null;
  }
  if (position.stale_reason === "old_fx_rate") {
    return { kind: "stale", label: "Old FX rate", reason: `The exchange rate from ${position.currency} is old.` };
  }
  const when = position.price_time === null ? null : Date.parse(position.price_time);
  return {
    kind: "stale",
    label: when === null ? "Stale" : `Stale, ${age(now - when)}`,
    reason: `No new price for a while although the market is open. ${origin(position, now)}.`,
  };
}

function estimated(position: Position, now: number): Mark | null {
  if (position.price_source === "provider") {
    const on = position.price_time === null ? "" : ` ${day(newYorkDate(Date.parse(position.price_time)))}`;
    return position.covered === "nav"
      ? { kind: "provider", label: `NAV${on}`, reason: `A fund’s net asset value: ${origin(position, now)}.` }
      : {
          kind: "provider",
          label: "Institution",
          reason: `Estimated: valued at the institution’s own price${at(position, now)}; no live market price for it.`,
        };
  }
  if (position.price_source === "previous_close" || position.price_source === "session_close") {
    const date =
      position.price_source === "previous_close" ? position.previous_close_date : position.session_close_date;
    const on = date === null ? "" : ` ${day(date)}`;
    return {
      kind: "estimated",
      label: `Close${on}`,
      reason: `Valued at the official close${on === "" ? "" : ` of${on}`}: no price since.`,
    };
  }
  return null;
}

function live(position: Position, now: number): Mark {
  const reason = `${origin(position, now)}.`;
  if (position.covered === "extended") {
    return { kind: "extended", label: "Extended", reason: `Price of the extended hours. ${reason}` };
  }
  if (position.price_source === "quote") {
    return { kind: "quote", label: "Mid", reason: `No trade to go by: the middle of bid and ask. ${reason}` };
  }
  return position.delivery === "poll"
    ? { kind: "live", label: "Polled", reason: `${reason} Asked for at intervals: the plan’s symbols are used up.` }
    : { kind: "live", label: "", reason };
}

function origin(position: Position, now: number): string {
  return `${position.price_source === null ? "Price" : SOURCES[position.price_source]}${at(position, now)}`;
}

function at(position: Position, now: number): string {
  return position.price_time === null ? "" : `, ${whenIn(Date.parse(position.price_time), now)} New York`;
}

function whenIn(instant: number, now: number): string {
  return newYorkDate(instant) === newYorkDate(now) ? newYorkTime(instant) : newYorkDayTime(instant);
}
