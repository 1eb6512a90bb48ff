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
    expect(markOf(position({ price_source: "provider" }), now)).toMatchObject({
      kind: "estimated",
      label: "Institution",
    });
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
