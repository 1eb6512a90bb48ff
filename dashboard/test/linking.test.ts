import { describe, expect, it } from "vitest";

import { backTo, givenUp, returnOf } from "../src/linking";

describe("returnOf", () => {
  it("reads both providers' returns", () => {
    expect(returnOf(new URL(backTo("http://h", "plaid")).search)).toEqual({
      provider: "plaid", outcome: "unknown", authorizationId: null,
    });
    expect(returnOf("?linked=snaptrade&status=SUCCESS&connection_id=c1")).toEqual({
      provider: "snaptrade", outcome: "success", authorizationId: "c1",
    });
  });

  it.each([
    ["ABANDONED", "left"],
    ["ERROR", "failed"],
    ["SOMETHING_NEW", "unknown"],
  ])("understands status %s", (status, outcome) => {
    const returned = returnOf(`?linked=snaptrade&status=${status}`);
    expect(returned?.outcome).toBe(outcome);
    expect(returned !== null && givenUp(returned) === null).toBe(outcome === "unknown");
  });

  it("is nothing for any other address", () => {
    expect(returnOf("")).toBeNull();
    expect(returnOf("?linked=elsewhere")).toBeNull();
  });
});
