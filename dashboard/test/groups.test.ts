import { describe, expect, it } from "vitest";

import { csvOf } from "../src/csv";
import { classesOf, linesOf, type Line, type Wanted } from "../src/groups";
import type { Account } from "../src/rest";
import { FIRST_SORT } from "../src/rows";
import { position } from "./position";

const account = (id: string, institution: string): Account => ({
  id, name: `Account ${id}`, institution, institution_id: null, provider: "plaid", account_type: "investment",
  subtype: null, mask: null, currency: "USD", connection_id: "c", last_synced_at: null, reconciliation: null,
  duplicate_of: null, kept_apart_from: null,
});
const aapl = position({ symbol: "AAPL", market_value: 300, day_change: 3 });
const btc = position({ symbol: "BTC/USD", name: "Bitcoin", asset_class: "crypto", market_value: 500, day_change: null });
const cash = position({ symbol: "CUR:USD", asset_class: "cash", market_value: 50, day_change: null });
const holdings = {
  all: [aapl, btc, cash],
  byAccount: [
    { account: account("1", "Fidelity"), positions: [aapl, cash] },
    { account: account("2", "Kraken"), positions: [btc] },
    { account: account("3", "Fidelity"), positions: [position({ symbol: "AAPL", market_value: 100, day_change: 1 })] },
    { account: account("4", "Vanguard"), positions: null },
  ],
};
const wanted: Wanted = { groupBy: "none", assetClass: null, query: "", sort: FIRST_SORT };
const said = (lines: Line[]): string[] =>
  lines.map((line) =>
    line.kind === "row" ? line.position.symbol : `${line.name}: ${line.count}, ${line.value}, ${line.dayChange}`,
  );

describe("linesOf", () => {
  it("is one row an instrument without groups", () => {
    expect(said(linesOf(holdings, wanted))).toEqual(["BTC/USD", "AAPL", "CUR:USD"]);
  });

  it("filters by class and words", () => {
    expect(said(linesOf(holdings, { ...wanted, assetClass: "cash" }))).toEqual(["CUR:USD"]);
    expect(said(linesOf(holdings, { ...wanted, query: "bitc" }))).toEqual(["BTC/USD"]);
    expect(classesOf(holdings.all)).toEqual(["cash", "crypto", "equity"]);
  });

  it("groups by class, with the change unknown where one of its holdings' is", () => {
    expect(said(linesOf(holdings, { ...wanted, groupBy: "class" }))).toEqual([
      "Crypto: 1, 500, null", "BTC/USD", "Stock: 1, 300, 3", "AAPL", "Cash: 1, 50, 0", "CUR:USD",
    ]);
  });

  it("groups by account with that account's own rows, and by institution over its accounts", () => {
    const byAccount = linesOf(holdings, { ...wanted, groupBy: "account" });
    expect(said(byAccount)).toEqual([
      "Account 2, Kraken: 1, 500, null", "BTC/USD",
      "Account 1, Fidelity: 2, 350, 3", "AAPL", "CUR:USD",
      "Account 3, Fidelity: 1, 100, 1", "AAPL",
    ]);
    expect(new Set(byAccount.map(({ key }) => key)).size).toBe(byAccount.length);
    expect(said(linesOf(holdings, { ...wanted, groupBy: "institution" }))[2]).toBe("Fidelity: 3, 450, 4");
    const byInstitution = linesOf(holdings, { ...wanted, groupBy: "institution" });
    expect(said(byInstitution).slice(3)).toEqual(["AAPL", "AAPL", "CUR:USD"]);
  });
});

describe("csvOf", () => {
  it("quotes what must be, leaves unknown cells empty, and lets no text become a formula", () => {
    const odd = position({ symbol: "=A1", name: 'A "B", C', market_value: null, institutions: ["X", "Y"] });
    const [head, row, end] = csvOf([{ kind: "row", key: "1", position: odd, account: null }], "USD", 0).split("\r\n");
    expect(head?.split(",").length).toBe(18);
    expect(row).toBe(
      `'=A1,"A ""B"", C",equity,X; Y,,10,1,200,USD,2026-11-20T15:00:00Z,live,,1500,500,33.3333,20,1.0101,USD`,
    );
    expect(end).toBe("");
  });
});
