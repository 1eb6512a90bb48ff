/** Market time and the market session, in words. Pure. */

import type { Market, Position, Session } from "navstream-client";

import { countdown, newYorkDate, newYorkDayTime, weekday } from "./format";

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

/** Return what the market is doing: on a half day and on a holiday that too; `now` is market time. */
export function sessionName(market: Market, now: number): string {
  const today = newYorkDate(now);
  if (market.session === "closed") {
    const holiday = market.trading_day !== today && !WEEKEND.has(weekday(today));
    return holiday ? "Market closed, holiday" : NAMES.closed;
  }
  return market.is_half_day && market.trading_day === today ? `${NAMES[market.session]}, half day` : NAMES[market.session];
}

const WEEKEND: ReadonlySet<string> = new Set(["Saturday", "Sunday"]);

/** Return what comes next for the regular session, with the market time left: `closes in 2 h 05 min`. */
export function nextChange(market: Market, now: number): string {
  const [verb, at] = next(market);
  return `${verb} in ${countdown(at - now)}`;
}

/** Return when that is: `Opens Mon, Nov 23, 09:30 in New York`. */
export function nextChangeAt(market: Market): string {
  const [verb, at] = next(market);
  return `${verb === "opens" ? "Opens" : "Closes"} ${newYorkDayTime(at)} in New York`;
}

function next(market: Market): ["opens" | "closes", number] {
  return market.session === "regular" ? ["closes", Date.parse(market.next_close)] : ["opens", Date.parse(market.next_open)];
}

/** Return whether something held is traded round the clock, so that its price moves while the market is closed. */
export function tradesRoundTheClock(positions: readonly Position[]): boolean {
  return positions.some(({ asset_class }) => asset_class === "crypto");
}

/** Return what the day change is the change of: `Today`, or on a weekend `Friday`. */
export function changeLabel(market: Market | null, now: number): string {
  return market === null || market.trading_day === newYorkDate(now) ? "today" : `on ${weekday(market.trading_day)}`;
}
