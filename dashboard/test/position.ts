import type { Position } from "../src/protocol";

/** A position for tests: 10 shares, priced by a trade at 15:00 UTC. */
export function position(fields: Partial<Position>): Position {
  return {
    instrument: fields.symbol ?? "i1",
    symbol: "AAPL",
    name: "Apple Inc.",
    asset_class: "equity",
    quantity: 10,
    multiplier: 1,
    price: 200,
    price_time: "2026-11-20T15:00:00Z",
    price_source: "trade",
    stale: false,
    previous_close: 198,
    previous_close_date: "2026-11-19",
    currency: "USD",
    fx_rate: 1,
    market_value: 2000,
    cost_basis: 1500,
    average_cost: 150,
    unrealized_gain: 500,
    unrealized_gain_pct: 33.3333,
    day_change: 20,
    day_change_pct: 1.0101,
    unpriced_reason: null,
    contributions: [],
    institutions: ["Fidelity"],
    ...fields,
  };
}
