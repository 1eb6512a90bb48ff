import type { DriftCause, Reconciliation } from "navstream-client";
import { describe, expect, it } from "vitest";

import { driftSentence } from "../src/drift";

const FOUND: Reconciliation = {
  currency: "USD",
  our_total: 33_389.18,
  provider_total: 27_149,
  drift: 6240.18,
  cause: "cash_twice",
  marked: true,
  since: "2026-11-20T15:00:00Z",
};

describe("driftSentence", () => {
  it("says how much, which way and why", () => {
    expect(driftSentence(FOUND, "plaid")).toBe(
      "The holdings add up to $6,240.18 more than the total that Plaid reports. Probably cash counts twice in one of the two totals.",
    );
    expect(driftSentence({ ...FOUND, drift: -1, cause: "margin" }, "snaptrade")).toContain("$1.00 less than the total that SnapTrade");
  });

  it("is silent below the threshold, without a rate and without a total", () => {
    expect(driftSentence({ ...FOUND, marked: false, cause: null }, "plaid")).toBeNull();
    expect(driftSentence({ ...FOUND, our_total: null, drift: null, marked: false, cause: "missing_fx" }, "plaid")).toBeNull();
    expect(driftSentence(null, "plaid")).toBeNull();
  });

  it("takes a cause of a later version for an unknown one", () => {
    expect(driftSentence({ ...FOUND, cause: "something_new" as DriftCause }, "plaid")).toContain("We do not know why.");
  });
});
