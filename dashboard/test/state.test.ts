import { describe, expect, it } from "vitest";
import type { ChannelState, Channels, JsonObject } from "navstream-client";

import { channelNames, INITIAL, positionsOf, previousTotal, portfolioOf, withChannels } from "../src/state";

const channel = (data: JsonObject): ChannelState => {
  return { epoch: "e1", seq: 1, asOf: "2026-11-20T15:00:00Z", snapshots: 1, data };
};
const market = channel({ trading_day: "2026-11-20", market_time: "2026-11-20T15:00:00Z", speed: 1 });

describe("withChannels", () => {
  it("remembers when the market's state arrived, and only then", () => {
    const first = withChannels(INITIAL, new Map([["market", market]]), 1000);
    expect(first.marketReceivedAt).toBe(1000);
    const portfolio = channel({ total_value: 5 });
    const channels: Channels = new Map([
      ["market", market],
      ["portfolio", portfolio],
    ]);
    expect(withChannels(first, channels, 2000).marketReceivedAt).toBe(1000);
  });

  it("adds a point to the chart for each new state of the portfolio, none while the total is unknown", () => {
    const known: Channels = new Map([
      ["market", market],
      ["portfolio", channel({ total_value: 5 })],
    ]);
    const state = withChannels(INITIAL, known, 1000);
    expect(state.series.points).toEqual([{ time: Date.parse("2026-11-20T15:00:00Z") / 1000, value: 5 }]);
    expect(withChannels(state, new Map(known), 1200).series).toBe(state.series);
    const unknown: Channels = new Map([
      ["market", market],
      ["portfolio", channel({ total_value: null })],
    ]);
    expect(withChannels(state, unknown, 1400).series).toBe(state.series);
  });
});

describe("reading the state", () => {
  it("knows nothing before the first snapshot", () => {
    expect(positionsOf(INITIAL)).toBeNull();
    expect(portfolioOf(INITIAL)).toBeNull();
    expect(previousTotal(null)).toBeNull();
  });

  it("gives the same array for the same positions", () => {
    const state = withChannels(INITIAL, new Map([["positions", channel({ i1: { symbol: "A" } })]]), 0);
    expect(positionsOf(state)).toBe(positionsOf({ ...state, marketReceivedAt: 9 }));
    expect(positionsOf(state)).toEqual([{ symbol: "A" }]);
  });

  it("takes the previous total from total and day change", () => {
    const state = withChannels(INITIAL, new Map([["portfolio", channel({ total_value: 105, day_change: 5 })]]), 0);
    expect(previousTotal(portfolioOf(state))).toBe(100);
  });

  it("follows every account", () => {
    const account = { id: "plaid_1" } as Parameters<typeof channelNames>[0][number];
    expect(channelNames([account], false)).toEqual(["portfolio", "positions", "market", "account:plaid_1"]);
    expect(channelNames([account], true)).toContain("positions:plaid_1");
  });
});
