/** The answer of `GET /api/status`, and its parts in words. Pure. */

import { quantity, userTime } from "./format";

export interface StageReport {
  stage: string;
  process: string;
  pid: number;
  started_at: string;
  healthy: boolean;
  problem: string | null;
  facts: Record<string, string | number | null>;
}
export interface FeedReport {
  stream: string;
  connected: boolean;
  silent_s: number;
  price_age_s: number | null;
  subscribed: number;
  symbols_max: number | null;
  polled: number;
  refusal: string | null;
}
export interface LegReport {
  leg: string;
  observations: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p99_ms: number | null;
}
export interface AlertReport {
  name: string;
  subject: string;
  severity: "critical" | "warning" | "info";
  message: string;
  fired_at: string;
}
export interface WebhookReport {
  provider: string;
  received: number;
  failed: number;
  waiting: number;
}
export interface StatusReport {
  at: string;
  market_time: string;
  session: string;
  well: boolean;
  problems: string[];
  redis: boolean;
  database: boolean;
  feed: string | null;
  feed_message: string | null;
  stages: StageReport[] | null;
  feeds: FeedReport[] | null;
  calculators: { count: number; lag_ms: number | null; unread_s: number | null; accounts: number; positions: number } | null;
  broadcasters: { count: number; clients: number; users: number; channels: number; messages_per_s: number } | null;
  latency: LegReport[] | null;
  sync: {
    overdue_users: number;
    overdue_accounts: number;
    oldest_s: number | null;
    reconnect_needed: number;
    failing: string[];
  } | null;
  jobs: { queued: number; running: number; dead: number } | null;
  webhooks: WebhookReport[] | null;
  alerts: AlertReport[] | null;
}

/** A refresh that failed for good. */
export interface Job {
  id: string;
  kind: string;
  provider: string;
  institution: string;
  trigger: string;
  attempts: number;
  due_at: string;
  last_error: string | null;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** A name with underscores as words: `trade_to_send` is `Trade to send`. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Milliseconds for a person: `0.8 ms`, `12 ms`, `1.4 s`; unknown is a dash. */
export function milliseconds(value: number | null): string {
  if (value === null) return "—";
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** Seconds for a person: `0.4 s`, `3 min`, `5 h`; unknown is a dash. */
export function seconds(value: number | null): string {
  if (value === null) return "—";
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 120) return `${Math.round(value)} s`;
  return value < 7200 ? `${Math.round(value / 60)} min` : `${Math.round(value / 3600)} h`;
}

/** The facts of a stage's heartbeat that are known, as text. */
export function factsOf(stage: StageReport): [string, string][] {
  return Object.entries(stage.facts).flatMap(([name, value]) =>
    value === null ? [] : [[words(name), typeof value === "number" ? numberText(name, value) : factText(value)]],
  );
}

const AMOUNTS: ReadonlySet<string> = new Set(["total_value", "day_change"]);

function numberText(name: string, value: number): string {
  return AMOUNTS.has(name) ? quantity(value) : value.toLocaleString("en-US");
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T/;

function factText(value: string): string {
  return INSTANT.test(value) ? userTime(Date.parse(value)) : value;
}
