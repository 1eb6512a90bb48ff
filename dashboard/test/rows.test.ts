import { describe, expect, it } from "vitest";

import { FIRST_SORT, inOrder, matching, shareOf, sortedBy } from "../src/rows";
import { position } from "./position";

const rows = [
  position({ symbol: "AAPL", market_value: 500 }),
  position({ symbol: "ZZ", market_value: null, institutions: ["Interactive Brokers"] }),
  position({ symbol: "TSLA", market_value: -300, name: "Tesla, Inc." }),
  position({ symbol: "MSFT", market_value: 900, name: "Microsoft Corporation" }),
  position({ symbol: "ABC", market_value: 500 }),
];
const symbols = (found: readonly { symbol: string }[]): string[] => found.map(({ symbol }) => symbol);

describe("inOrder", () => {
  it("puts the largest first, unknown last, equal ones by symbol", () => {
    expect(symbols(inOrder(rows, FIRST_SORT))).toEqual(["MSFT", "AAPL", "ABC", "TSLA", "ZZ"]);
  });

  it("keeps unknown last when turned round", () => {
    const ascending = { key: "market_value", descending: false } as const;
    expect(symbols(inOrder(rows, ascending))).toEqual(["TSLA", "AAPL", "ABC", "MSFT", "ZZ"]);
  });

  it("sorts by what is shown as symbol", () => {
    const cash = position({ symbol: "CUR:EUR" });
    expect(symbols(inOrder([...rows, cash], { key: "symbol", descending: false }))[2]).toBe("CUR:EUR");
  });
});

describe("sortedBy", () => {
  it("turns the same column round and starts others with their largest, names with A", () => {
    expect(sortedBy(FIRST_SORT, "market_value")).toEqual({ key: "market_value", descending: false });
    expect(sortedBy(FIRST_SORT, "price")).toEqual({ key: "price", descending: true });
    expect(sortedBy(FIRST_SORT, "symbol")).toEqual({ key: "symbol", descending: false });
  });
});

describe("matching", () => {
  it("finds by symbol, name and institution, every word, in any case", () => {
    expect(symbols(matching(rows, "micro"))).toEqual(["MSFT"]);
    expect(symbols(matching(rows, " interactive zz "))).toEqual(["ZZ"]);
    expect(symbols(matching(rows, "tesla microsoft"))).toEqual([]);
    expect(matching(rows, "  ")).toHaveLength(rows.length);
  });
});

describe("shareOf", () => {
  it("is a percentage of a positive total, and nothing otherwise", () => {
    expect(shareOf(123, 1000)).toBe("12.3%");
    expect(shareOf(-50, 1000)).toBe("−5.0%");
    expect([shareOf(null, 1000), shareOf(1, null), shareOf(1, 0), shareOf(1, -5)]).toEqual(["", "", "", ""]);
  });
});
