/** Market time and the market session, in words. Pure. */

import type { Market, Session } from "navstream-client";

import { countdown, newYorkDate, weekday } from "./format";

/** Return market time at a wall time, given the market's state and the wall time at which it was received. */
export function marketNow(market: Market, receivedAt: number, wallNow: number): number {
  return Date.parse(market.market_time) + (wallNow - receivedAt) * market.speed;
}

const NAMES: Record<Session, string> = {
  pre: "Pre-market",
  regular: "Market open",
  post: "After hours",
  closed: "Market closed",
};

export function sessionName(market: Market): string {
  return market.is_half_day && market.session === "regular" ? "Market open, half day" : NAMES[market.session];
}

/** Return what comes next for the regular session, with the market time left: `closes in 2 h 05 min`. */
export function nextChange(market: Market, now: number): string {
  const [verb, at] = market.session === "regular" ? ["closes", market.next_close] : ["opens", market.next_open];
  return `${verb} in ${countdown(Date.parse(at) - now)}`;
}

/** Return what the day change is the change of: `Today`, or on a weekend `Friday`. */
export function changeLabel(market: Market | null, now: number): string {
  return market === null || market.trading_day === newYorkDate(now) ? "today" : `on ${weekday(market.trading_day)}`;
}
