/** Everything the page shows, and how it changes. The views read it; only main.ts writes it. */

import {
  figuresOf,
  marketOf as clientMarketOf,
  positionsOf as clientPositionsOf,
  type Channels,
  type Connection,
  type Figures,
  type Market,
  type Position,
} from "navstream-client";

import type { RegularHours } from "./day";
import type { Linking } from "./linking";
import type { Account, ProviderConnection } from "./rest";
import { append, EMPTY, type Series } from "./series";
import type { User } from "./session";
import { grownSparks, type Sparks } from "./sparks";

export type Screen =
  | { kind: "signing-in" }
  | { kind: "signed-out"; reason: "no-link" | "bad-link" | "expired" | "forbidden" | "left" }
  | { kind: "unreachable"; retryAt: number }
  | { kind: "dashboard"; user: User };

export type Refresh =
  | { kind: "idle" }
  | { kind: "busy" }
  | { kind: "asked"; message: string }
  | { kind: "failed"; message: string };

export interface State {
  screen: Screen;
  connection: Connection;
  channels: Channels;
  /** Wall ms at which the market channel's state arrived; market time goes on from there. */
  marketReceivedAt: number;
  series: Series;
  /** The regular session of the chart's day; null until it is known. */
  hours: RegularHours | null;
  sparks: Sparks;
  /** Market seconds of the newest point of the sparks. */
  sparksAt: number;
  accounts: readonly Account[];
  providerConnections: readonly ProviderConnection[];
  /** Accounts and connections have been read at least once. */
  accountsKnown: boolean;
  refresh: Refresh;
  linking: Linking;
  /** To which one may connect here. */
  providers: readonly string[];
}

export const INITIAL: State = {
  screen: { kind: "signing-in" },
  connection: { kind: "connecting" },
  channels: new Map(),
  marketReceivedAt: 0,
  series: EMPTY,
  hours: null,
  sparks: new Map(),
  sparksAt: 0,
  accounts: [],
  providerConnections: [],
  accountsKnown: false,
  refresh: { kind: "idle" },
  linking: { kind: "none" },
  providers: [],
};

/** Return the channels that show these accounts; on demand also each account's own positions. */
export function channelNames(accounts: readonly Account[], withPositions: boolean): string[] {
  const each = accounts.flatMap(({ id }) => [`account:${id}`, ...(withPositions ? [`positions:${id}`] : [])]);
  return ["portfolio", "positions", "market", ...each];
}

/** Return the state after new channel states arrived at `wallNow`. */
export function withChannels(state: State, channels: Channels, wallNow: number): State {
  const marketMoved = channels.get("market") !== state.channels.get("market");
  const next: State = {
    ...state,
    channels,
    marketReceivedAt: marketMoved ? wallNow : state.marketReceivedAt,
  };
  const withSeries =
    channels.get("portfolio") === state.channels.get("portfolio") ? next : { ...next, series: grown(next) };
  const today =
    marketOf(next)?.trading_day === marketOf(state)?.trading_day ? withSeries : { ...withSeries, ...NO_SPARKS };
  return channels.get("positions") === state.channels.get("positions") ? today : sparked(today);
}

const NO_SPARKS = { sparks: INITIAL.sparks, sparksAt: 0 };

function sparked(state: State): State {
  const channel = state.channels.get("positions");
  if (channel === undefined) {
    return state;
  }
  const positions = positionsOf(state) ?? [];
  const [sparks, sparksAt] = grownSparks(state.sparks, state.sparksAt, positions, Date.parse(channel.asOf) / 1000);
  return sparks === state.sparks ? state : { ...state, sparks, sparksAt };
}

function grown(state: State): Series {
  const portfolio = state.channels.get("portfolio");
  const market = marketOf(state);
  const total = figuresOf(portfolio)?.total_value ?? null;
  return portfolio === undefined || market === null || total === null
    ? state.series
    : append(state.series, market.trading_day, Date.parse(portfolio.asOf), total);
}

export function portfolioOf(state: State): Figures | null {
  return figuresOf(state.channels.get("portfolio"));
}

export function marketOf(state: State): Market | null {
  return clientMarketOf(state.channels.get("market"));
}

export function positionsOf(state: State): readonly Position[] | null {
  return clientPositionsOf(state.channels.get("positions"));
}

/** Return what the total was at the previous close, as far as it is known. */
export function previousTotal(figures: Figures | null): number | null {
  return figures === null || figures.total_value === null || figures.day_change === null
    ? null
    : figures.total_value - figures.day_change;
}
