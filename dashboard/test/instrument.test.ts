import { describe, expect, it } from "vitest";

import { className, displaySymbol, hues, initials } from "../src/instrument";

describe("displaySymbol", () => {
  it("reads options and cash, and leaves the rest alone", () => {
    expect(displaySymbol("AAPL270115C00250000")).toBe("AAPL Jan 15 ’27 250 C");
    expect(displaySymbol("BRK.B261218P00012500")).toBe("BRK.B Dec 18 ’26 12.5 P");
    expect(displaySymbol("CUR:EUR")).toBe("EUR");
    expect(displaySymbol("BRK.B")).toBe("BRK.B");
    expect(displaySymbol("BTC/USD")).toBe("BTC/USD");
    expect(displaySymbol("NHX105509@ins_120200")).toBe("NHX105509");
    expect(displaySymbol("@odd")).toBe("@odd");
  });
});

describe("institutions", () => {
  it("have initials", () => {
    expect(["Interactive Brokers", "Vanguard", "E*TRADE", "  ", "J.P. Morgan Chase"].map(initials)).toEqual([
      "IB", "VA", "ET", "?", "JM",
    ]);
  });

  it("have colours of their own while there are enough, in whatever order they come", () => {
    const names = ["Fidelity", "Vanguard", "Kraken", "Alpaca", "Robinhood", "Schwab", "Chase", "Interactive Brokers"];
    const chosen = hues(names, 8);
    expect(new Set(chosen.values()).size).toBe(8);
    expect(hues([...names].reverse(), 8)).toEqual(chosen);
    expect([...hues([...names, "One more"], 8).values()].every((hue) => hue >= 0 && hue < 8)).toBe(true);
  });
});

describe("className", () => {
  it("passes classes of a later version on as they are", () => {
    expect(className("mutual_fund")).toBe("Fund");
    expect(className("future")).toBe("future");
  });
});
