import { describe, expect, it } from "vitest";

import { markOf } from "../src/mark";
import { position } from "./position";

const now = Date.parse("2026-11-20T15:31:00Z");

describe("markOf", () => {
  it("says nothing of a live price but where it comes from", () => {
    expect(markOf(position({}), now)).toEqual({ kind: "live", label: "", reason: "Last trade, 10:00:00 New York." });
  });

  it("gives the day of a price that is not of today", () => {
    const mark = markOf(position({ price_time: "2026-11-19T20:59:00Z" }), now);
    expect(mark.reason).toBe("Last trade, Thu, Nov 19, 15:59 New York.");
  });

  it("marks a stale price with its age", () => {
    expect(markOf(position({ stale: true }), now)).toMatchObject({ kind: "stale", label: "Stale, 31 min" });
  });

  it("tells estimates apart: a previous close, the institution's own price", () => {
    expect(markOf(position({ price_source: "previous_close" }), now)).toMatchObject({
      kind: "estimated",
      label: "Close Nov 19",
    });
    expect(markOf(position({ price_source: "provider", covered: "provider" }), now)).toMatchObject({
      kind: "provider",
      label: "Institution",
    });
    expect(markOf(position({ price_source: "provider", covered: "nav" }), now)).toMatchObject({
      kind: "provider",
      label: "NAV Nov 20",
    });
  });

  it("says that a newer price is held, and why", () => {
    const held = { price: 20, time: "2026-11-20T15:30:00Z", reason: "split_like" } as const;
    const mark = markOf(position({ held, stale: true }), now);
    expect(mark).toMatchObject({ kind: "held", label: "Held" });
    expect(mark.reason).toContain("$20.00 of 10:30:00 New York");
    expect(markOf(position({ split_pending: 4 }), now)).toMatchObject({ kind: "held", label: "Split pending" });
  });

  it.each([
    ["halted", "Halted"],
    ["paused", "Paused"],
  ] as const)("shows trading that is %s before it shows an old price", (trading_status, label) => {
    expect(markOf(position({ trading_status, stale: true }), now)).toMatchObject({ kind: "halted", label });
  });

  it("says which limit of the exchanges the price has reached, and the limits of a pause", () => {
    const price_band = { down: 9, up: 11, state: "limit_up" } as const;
    expect(markOf(position({ price_band }), now)).toMatchObject({ kind: "halted", label: "Limit up" });
    expect(markOf(position({ price_band: { ...price_band, state: null } }), now).kind).toBe("live");
    const paused = markOf(position({ price_band, trading_status: "paused" }), now);
    expect(paused.label).toBe("Paused");
    expect(paused.reason).toContain("between $9.00 and $11.00");
  });

  it("tells a quote's middle, extended hours and a polled price from a trade of the session", () => {
    expect(markOf(position({ price_source: "quote" }), now)).toMatchObject({ kind: "quote", label: "Mid" });
    expect(markOf(position({ covered: "extended" }), now)).toMatchObject({ kind: "extended", label: "Extended" });
    expect(markOf(position({ delivery: "poll" }), now)).toMatchObject({ kind: "live", label: "Polled" });
  });

  it.each([
    ["no_price", "No price"],
    ["no_fx_rate", "No FX rate"],
  ])("gives the reason %s why a position is left out", (reason, label) => {
    const mark = markOf(position({ price: null, market_value: null, unpriced_reason: reason }), now);
    expect(mark).toMatchObject({ kind: "unpriced", label });
    expect(mark.reason).toContain("Left out of the total");
  });

  it("does not call cash unpriced", () => {
    const cash = position({ asset_class: "cash", price: null, price_time: null, price_source: null });
    expect(markOf(cash, now).kind).toBe("cash");
  });
});
