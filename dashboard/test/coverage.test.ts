import { describe, expect, it } from "vitest";

import { coverageShares, positionChanges, sessionChanges } from "../src/coverage";
import { reasonText } from "../src/reasons";
import { position } from "./position";

describe("coverageShares", () => {
  it("lists what occurs, best first", () => {
    const shares = coverageShares({
      live: 0.7, extended: 0, close: null, nav: 0.2, provider: 0.1, stale: 0, no_price_count: 1, no_fx_rate_count: 0, reason: null,
    });
    expect(shares.map(({ kind, share }) => [kind, share])).toEqual([["live", 0.7], ["nav", 0.2], ["provider", 0.1]]);
  });
});

describe("sessionChanges", () => {
  const changes = sessionChanges({
    regular: 12, regular_since: "2026-11-19", regular_reason: null,
    extended: null, extended_since: null, extended_reason: "regular_session",
    overnight: null, overnight_since: null, overnight_reason: "something_new",
    round_the_clock: -3, round_the_clock_since: "2026-11-20", round_the_clock_reason: null,
  });

  it("gives each known change its baseline", () => {
    expect(changes[0]).toEqual({ name: "Regular", amount: 12, remark: "since the close, Nov 19" });
    expect(changes[3]).toEqual({ name: "Round the clock", amount: -3, remark: "since midnight, Nov 20" });
  });

  it("says why one is unknown, even for a reason of a later version", () => {
    expect(changes[1]).toEqual({ name: "Extended", amount: null, remark: "The regular session is under way." });
    expect(changes[2]?.remark).toBe("Not known: something new.");
    expect(reasonText(null)).toBeNull();
  });
});

describe("positionChanges", () => {
  it("lists the sessions whose change is known, with their baselines", () => {
    const late = position({ regular_change: 3, extended_change: -1, extended_since: "2026-11-20" });
    expect(positionChanges(late)).toEqual([
      { name: "Regular", amount: 3, since: "" },
      { name: "Extended", amount: -1, since: " since the close of Nov 20" },
    ]);
  });
});
