import { describe, expect, it } from "vitest";
import type { Figures, Position } from "navstream-client";

import { lineRows, origins, sumRows, type ExplainedLine, type Explanation, type Sums } from "../src/explain";
import { position } from "./position";

const NOTHING: Sums = {
  market_value: 0,
  cash: 0,
  total_value: 0,
  cost_basis: null,
  unrealized_gain: null,
  day_change: 0,
};

function line(fields: Partial<Position>, more: Partial<ExplainedLine> = {}): ExplainedLine {
  return {
    position: position(fields),
    price_age_s: 3.2,
    price_session: "regular",
    product: 2000,
    previous_value: 1980,
    omissions: [],
    ...more,
  };
}

function explanation(lines: ExplainedLine[], fields: Partial<Explanation> = {}): Explanation {
  return {
    account: "plaid_1",
    as_of: "2026-11-20T15:00:00Z",
    live: true,
    accounts: {
      plaid_1: { name: "IRA", institution: "Fidelity", holdings_as_of: "2026-11-20T07:00:00Z", age_s: 28800 },
      plaid_2: { name: "Margin", institution: "Vanguard", holdings_as_of: null, age_s: null },
    },
    figures: { currency: "USD", total_value: 1000, day_change: 5 } as Figures,
    lines,
    sums: { ...NOTHING, total_value: 1000, day_change: 5 },
    not_in_lines: NOTHING,
    rounding: NOTHING,
    ...fields,
  };
}

describe("a line", () => {
  it("says what its value is made of, and where and when its price was made", () => {
    const [row] = lineRows(explanation([line({ price: 200 })]));
    expect(row).toMatchObject({ factors: "10 × $200.00", value: "$2,000.00", change: "+$20.00", remarks: [] });
    expect(row?.source).toMatch(/^Last trade, regular session, 3 ?s old$/);
    expect(row?.previousClose).toContain("$198.00");
  });

  it("shows multiplier and exchange rate where there is one", () => {
    const [option, foreign, cash] = lineRows(
      explanation([
        line({ multiplier: 100, price: 1.25, quantity: 2 }),
        line({ currency: "CAD", fx_rate: 0.71 }),
        line({ asset_class: "cash", symbol: "CUR:USD", quantity: 50 }),
      ]),
    );
    expect(option?.factors).toBe("2 × 100 × $1.25");
    expect(foreign?.factors).toMatch(/ × 0.71 per CAD$/);
    expect(cash).toMatchObject({ factors: "50", source: "", previousClose: "" });
  });

  it("says why it is left out, and unknown is a dash, never zero", () => {
    const unpriced = line(
      { price: null, price_source: null, market_value: null, day_change: null, unpriced_reason: "no_price" },
      { omissions: [{ total: "total_value", reason: "no_price" }, { total: "new_total", reason: "new_reason" }] },
    );
    const [row] = lineRows(explanation([unpriced]));
    expect(row).toMatchObject({ value: "—", change: "—" });
    expect(row?.remarks).toEqual(["Not in the total: no usable price", "Not in new_total: new_reason"]);
  });
});

describe("the sums", () => {
  it("are the lines and the total when nothing is in between", () => {
    expect(sumRows(explanation([])).map((row) => row.name)).toEqual(["Sum of the lines", "Total"]);
  });

  it("show what was sold today, and rounding, each as a line", () => {
    const rows = sumRows(
      explanation([], { not_in_lines: { ...NOTHING, day_change: 20 }, rounding: { ...NOTHING, total_value: 0.01 } }),
    );
    expect(rows.map((row) => row.name)).toEqual(["Sum of the lines", "Not held any more", "Rounding", "Total"]);
    expect(rows[1]?.change).toBe("+$20.00");
    expect(rows[2]?.value).toBe("$0.01");
  });
});

describe("where quantities come from", () => {
  it("is said of the account, and of all accounts in a portfolio", () => {
    expect(origins(explanation([]))).toEqual([expect.stringMatching(/^IRA, read at Fidelity 8.*before$/)]);
    expect(origins(explanation([], { account: null }))).toHaveLength(2);
    expect(origins(explanation([], { account: null }))[1]).toContain("at an unknown time");
  });
});
