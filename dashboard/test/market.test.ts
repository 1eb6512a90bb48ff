import { describe, expect, it } from "vitest";
import type { Market } from "navstream-client";

import { changeLabel, marketNow, nextChange, sessionName } from "../src/market";

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

  it("names the session, and a half day", () => {
    expect(sessionName(market)).toBe("Market open");
    expect(sessionName({ ...market, is_half_day: true })).toBe("Market open, half day");
    expect(sessionName({ ...market, session: "pre" })).toBe("Pre-market");
  });

  it("names the day whose change it is when that is not today", () => {
    expect(changeLabel(market, Date.parse("2026-11-20T19:00:00Z"))).toBe("today");
    expect(changeLabel(market, Date.parse("2026-11-21T19:00:00Z"))).toBe("on Friday");
    expect(changeLabel(null, 0)).toBe("today");
  });
});
