/** The WebSocket wire, version 1, as the broadcaster speaks it (docs/asyncapi.yaml). Types only, and one parser. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type Session = "pre" | "regular" | "post" | "closed";
export type FeedStatus = "live" | "silent" | "disconnected" | "starting";
export type PriceSource = "trade" | "quote" | "bar" | "poll" | "session_close" | "previous_close" | "provider";
export type Covered = "live" | "extended" | "close" | "nav" | "provider" | "stale";

/** Shares of the gross market value by kind of mark; they add up to 1, or all are null. */
export interface Coverage {
  live: number | null;
  extended: number | null;
  close: number | null;
  nav: number | null;
  provider: number | null;
  stale: number | null;
  no_price_count: number;
  no_fx_rate_count: number;
  reason: string | null;
}

/** Change by market session, each with its baseline's date or the reason why there is none. */
export interface SessionChanges {
  regular: number | null;
  regular_since: string | null;
  regular_reason: string | null;
  extended: number | null;
  extended_since: string | null;
  extended_reason: string | null;
  overnight: number | null;
  overnight_since: string | null;
  overnight_reason: string | null;
  round_the_clock: number | null;
  round_the_clock_since: string | null;
  round_the_clock_reason: string | null;
}

/** A newer price that waits for a second source. */
export interface HeldPrice {
  price: number;
  time: string;
  reason: "far_from_last" | "split_like";
}

/** Between which prices the exchanges let an instrument trade; told while the price is near one, or trading pauses. */
export interface PriceBand {
  down: number;
  up: number;
  state: "limit_up" | "limit_down" | null;
}

/** Figures of an account or a portfolio. Amounts in `currency`, percents as 5.25 = 5.25 %; null is unknown. */
export interface Figures {
  market_value: number | null;
  cash: number | null;
  total_value: number | null;
  cost_basis: number | null;
  unrealized_gain: number | null;
  unrealized_gain_pct: number | null;
  day_change: number | null;
  day_change_pct: number | null;
  live_coverage: number | null;
  stale_since: string | null;
  stale_count: number;
  unpriced_count: number;
  uncosted_count: number;
  estimated_value: number | null;
  positions_count: number;
  currency: string;
  session: Session;
  holdings_as_of: string | null;
  day_change_reason: "no_previous_close" | "trades_unknown" | "partial" | null;
  coverage: Coverage;
  session_changes: SessionChanges;
  /** Nobody keeps these values up to date for the moment; they are the last known ones. */
  interrupted: boolean;
  /** Of an account; null in a portfolio, and while its provider reports no total. */
  reconciliation: Reconciliation | null;
  /** Of an account that counts in no total: the one that counts in its place. */
  duplicate_of: string | null;
}

/** An account's total at its provider's own prices, beside the total that the provider reports. */
export interface Reconciliation {
  currency: string;
  our_total: number | null;
  provider_total: number;
  drift: number | null;
  cause: DriftCause | null;
  marked: boolean;
  since: string;
}

export type DriftCause =
  | "missing_fx"
  | "pseudo_ticker"
  | "no_price"
  | "cash_equivalents"
  | "margin"
  | "cash_twice"
  | "option_multiplier"
  | "split"
  | "trade_today"
  | "unknown";

export interface Contribution {
  account: string;
  institution: string;
  quantity: number;
  market_value: number | null;
}

/** One instrument over all of the user's accounts. Price in its own currency, amounts in the user's. */
export interface Position {
  instrument: string;
  symbol: string;
  name: string;
  asset_class: string;
  quantity: number;
  multiplier: number;
  price: number | null;
  price_time: string | null;
  price_source: PriceSource | null;
  stale: boolean;
  previous_close: number | null;
  previous_close_date: string | null;
  currency: string;
  fx_rate: number | null;
  market_value: number | null;
  cost_basis: number | null;
  average_cost: number | null;
  unrealized_gain: number | null;
  unrealized_gain_pct: number | null;
  day_change: number | null;
  day_change_pct: number | null;
  unpriced_reason: string | null;
  stale_reason: "old_price" | "halted" | "old_fx_rate" | null;
  covered: Covered | null;
  session_close: number | null;
  session_close_date: string | null;
  regular_change: number | null;
  extended_change: number | null;
  overnight_change: number | null;
  round_the_clock_change: number | null;
  extended_since: string | null;
  change_reasons: Record<string, string>;
  dividend: number | null;
  split_pending: number | null;
  held: HeldPrice | null;
  trading_status: "trading" | "halted" | "paused" | null;
  delivery: "stream" | "poll" | null;
  price_band: PriceBand | null;
  contributions: Contribution[];
  institutions: string[];
}

/** One instrument in one account, a row of `positions:ID`. */
export interface AccountPosition extends Omit<Position, "contributions" | "institutions"> {
  account: string;
  institution: string;
}

export interface Market {
  session: Session;
  trading_day: string;
  is_half_day: boolean;
  next_open: string;
  next_close: string;
  next_session: Session;
  next_session_at: string;
  market_time: string;
  /** Market seconds a wall second; 1 unless a day is being replayed. */
  speed: number;
  feed: FeedStatus;
  feed_message: string | null;
}

export interface Welcome {
  type: "welcome";
  client_id: string;
  epoch: string;
  heartbeat_s: number;
  market: JsonObject;
}
export interface Subscribed {
  type: "subscribed";
  id: number | null;
  channels: string[];
  rejected: { channel: string; code: string }[];
}
/** When the newest price behind a message was where, microseconds since 1970; `traded` is market time. */
export interface Times {
  traded: number;
  received: number;
  computed: number;
  sent: number;
}
export interface Snapshot {
  type: "snapshot";
  channel: string;
  epoch: string;
  seq: number;
  as_of: string;
  data: JsonObject;
  times?: Times;
}
export interface Delta {
  type: "delta";
  channel: string;
  seq: number;
  as_of: string;
  data: JsonObject;
  removed?: string[];
  times?: Times;
}
/** The hash of the state that message `seq` left us with. */
export interface Check {
  type: "check";
  channel: string;
  seq: number;
  hash: string;
}
export interface Pong {
  type: "pong";
  id: number | null;
}
export interface WireError {
  type: "error";
  id: number | null;
  code: string;
  message: string;
}
export type ServerMessage = Welcome | Subscribed | Snapshot | Delta | Check | Pong | WireError;

const KNOWN: ReadonlySet<string> = new Set(["welcome", "subscribed", "snapshot", "delta", "check", "pong", "error"]);

/** Return the message in a text frame; null for a type of a later protocol version, which is to be ignored. */
export function parseMessage(text: string): ServerMessage | null {
  const message: unknown = JSON.parse(text);
  if (typeof message !== "object" || message === null || !("type" in message)) {
    throw new SyntaxError("not a message of the navstream protocol");
  }
  return typeof message.type === "string" && KNOWN.has(message.type) ? (message as ServerMessage) : null;
}

export const CLOSE_UNAUTHENTICATED = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_TOO_MANY = 4429;
export const CLOSE_RESTART = 1012;
export const CLOSE_OVERLOADED = 1013;
