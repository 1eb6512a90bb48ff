import { expect, it } from "vitest";

import { addressOf, viewOf } from "../src/route";

it("finds the view of an address, and the overview for what is no view", () => {
  for (const view of ["overview", "holdings", "accounts", "operator"] as const) {
    expect(viewOf(addressOf(view))).toBe(view);
  }
  expect(viewOf("#code=abc")).toBe("overview");
  expect(viewOf("")).toBe("overview");
});
