import { describe, expect, it } from "vitest";

import { allocation } from "../src/allocation";
import { movers } from "../src/movers";
import { position } from "./position";

const part = (institution: string, market_value: number | null) => ({
  account: institution,
  institution,
  quantity: 1,
  market_value,
});
const book = [
  position({ symbol: "AAPL", market_value: 600, contributions: [part("Fidelity", 400), part("Vanguard", 200)] }),
  position({ symbol: "TSLA", market_value: -100, contributions: [part("Vanguard", -100)] }),
  position({ symbol: "CUR:EUR", asset_class: "cash", currency: "EUR", market_value: 500, contributions: [part("Vanguard", 500)] }),
  position({ symbol: "ZZ", asset_class: "other", market_value: null, contributions: [part("Kraken", null)] }),
];

describe("allocation", () => {
  it("adds up by class, largest first, without what has no value", () => {
    expect(allocation(book, "class")).toEqual([
      { name: "Stock", value: 500, share: 0.5, length: 1 },
      { name: "Cash", value: 500, share: 0.5, length: 1 },
    ].sort((a, b) => a.name.localeCompare(b.name)));
  });

  it("splits an instrument over the institutions that hold it, and by currency", () => {
    expect(allocation(book, "institution").map(({ name, value }) => [name, value])).toEqual([
      ["Vanguard", 600],
      ["Fidelity", 400],
    ]);
    expect(allocation(book, "currency").map(({ name, value }) => [name, value])).toEqual([
      ["EUR", 500],
      ["USD", 500],
    ]);
  });

  it("gives no shares of nothing", () => {
    expect(allocation([position({ market_value: -5 })], "class")[0]?.share).toBeNull();
    expect(allocation([], "class")).toEqual([]);
  });
});

describe("movers", () => {
  it("are the largest changes either way, and nothing that stands still or is unknown", () => {
    const moved = movers(
      [
        position({ symbol: "A", day_change: 5 }),
        position({ symbol: "B", day_change: -9 }),
        position({ symbol: "C", day_change: 0 }),
        position({ symbol: "D", day_change: null }),
      ],
      5,
    );
    expect(moved.map(({ symbol }) => symbol)).toEqual(["B", "A"]);
  });
});
