import { expect, it } from "vitest";

import * as format from "../src/format";
import { factsOf, milliseconds, seconds, words } from "../src/status";

it("says durations in the unit that fits, and unknown ones as a dash", () => {
  expect([null, 0.84, 12.4, 1400].map(milliseconds)).toEqual(["—", "0.8 ms", "12 ms", "1.4 s"]);
  expect([null, 0.42, 45, 300, 7200].map(seconds)).toEqual(["—", "0.4 s", "45 s", "5 min", "2 h"]);
});

it("shows the facts of a stage that are known, in words", () => {
  const stage = {
    stage: "calculator", process: "calculator:1", pid: 1, started_at: "2026-11-20T15:00:00Z", healthy: true, problem: null,
    facts: { watched_users: 1200, total_value: null, feed: "live", last_sync: "2026-11-20T15:00:00+00:00" },
  };
  const facts = factsOf(stage);
  expect(facts.slice(0, 2)).toEqual([["Watched users", "1,200"], ["Feed", "live"]]);
  expect(facts[2]?.[1]).toMatch(/^\d\d:00:00$/);
  format.hideAmounts(true);
  expect(factsOf({ ...stage, facts: { total_value: 1_871_594.2, accounts: 18 } })).toEqual([
    ["Total value", format.HIDDEN],
    ["Accounts", "18"],
  ]);
  format.hideAmounts(false);
  expect(words("trade_to_send")).toBe("Trade to send");
});
