import { describe, expect, it } from "vitest";
import type { Market } from "navstream-client";

import { changeLabel, marketNow, nextChange, nextChangeAt, sessionName, tradesRoundTheClock } from "../src/market";
import { position } from "./position";

const market: Market = {
  session: "regular",
  trading_day: "2026-11-20",
  is_half_day: false,
  next_open: "2026-11-23T14:30:00Z",
  next_close: "2026-11-20T21:00:00Z",
  next_session: "post",
  next_session_at: "2026-11-20T21:00:00Z",
  market_time: "2026-11-20T19:00:00Z",
  speed: 60,
  feed: "live",
  feed_message: null,
};

describe("market time", () => {
  it("goes on from the last message at the market's speed", () => {
    expect(marketNow(market, 1_000, 61_000)).toBe(Date.parse("2026-11-20T20:00:00Z"));
  });

  it("counts down to the close in a regular session, else to the open", () => {
    const now = Date.parse("2026-11-20T18:55:00Z");
    expect(nextChange(market, now)).toBe("closes in 2 h 05 min");
    expect(nextChange({ ...market, session: "post" }, Date.parse("2026-11-20T22:30:00Z"))).toBe("opens in 2 d 16 h");
  });

  it("names the session", () => {
    const now = Date.parse("2026-11-20T19:00:00Z");
    expect(sessionName(market, now)).toBe("Market open");
    expect(sessionName({ ...market, session: "pre" }, now)).toBe("Pre-market");
    expect(sessionName({ ...market, session: "post" }, now)).toBe("After hours");
  });

  it("says before and during a half day that it is one, and counts down to the early close", () => {
    const half: Market = { ...market, trading_day: "2026-11-27", is_half_day: true, next_close: "2026-11-27T18:00:00Z" };
    expect(sessionName({ ...half, session: "pre" }, Date.parse("2026-11-27T14:00:00Z"))).toBe("Pre-market, half day");
    expect(sessionName(half, Date.parse("2026-11-27T17:00:00Z"))).toBe("Market open, half day");
    expect(nextChange(half, Date.parse("2026-11-27T17:00:00Z"))).toBe("closes in 1 h 00 min");
    expect(nextChangeAt(half)).toBe("Closes Fri, Nov 27, 13:00 in New York");
  });

  it("tells a holiday from a weekend and from the night, and counts on to the next open", () => {
    const closed: Market = { ...market, session: "closed", trading_day: "2026-11-25", next_open: "2026-11-27T14:30:00Z" };
    const thanksgiving = Date.parse("2026-11-26T15:00:00Z");
    expect(sessionName(closed, thanksgiving)).toBe("Market closed, holiday");
    expect(nextChange(closed, thanksgiving)).toBe("opens in 23 h 30 min");
    expect(nextChangeAt(closed)).toBe("Opens Fri, Nov 27, 09:30 in New York");
    const friday: Market = { ...market, session: "closed" };
    expect(sessionName(friday, Date.parse("2026-11-21T15:00:00Z"))).toBe("Market closed");
    expect(sessionName(friday, Date.parse("2026-11-21T02:00:00Z"))).toBe("Market closed");
  });

  it("knows what trades round the clock", () => {
    expect(tradesRoundTheClock([position({}), position({ asset_class: "crypto" })])).toBe(true);
    expect(tradesRoundTheClock([position({})])).toBe(false);
  });

  it("names the day whose change it is when that is not today", () => {
    expect(changeLabel(market, Date.parse("2026-11-20T19:00:00Z"))).toBe("today");
    expect(changeLabel(market, Date.parse("2026-11-21T19:00:00Z"))).toBe("on Friday");
    expect(changeLabel(null, 0)).toBe("today");
  });
});
