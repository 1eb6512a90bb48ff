/** The REST calls of the dashboard. */

import type { Reconciliation } from "navstream-client";

import type { Explanation } from "./explain";
import type { LinkProvider } from "./linking";
import type { Point } from "./series";
import type { SignedIn } from "./session";
import type { Job, StatusReport } from "./status";

export type ProviderName = "plaid" | "snaptrade" | "alpaca";

export interface Account {
  id: string;
  name: string;
  institution: string;
  institution_id: string | null;
  provider: ProviderName;
  account_type: string;
  subtype: string | null;
  mask: string | null;
  currency: string;
  connection_id: string;
  last_synced_at: string | null;
  reconciliation: Reconciliation | null;
  /** The account that counts in totals in its place: both are one, reached through two providers. */
  duplicate_of: string | null;
  /** An account that it would be taken for, did the user not say that they are two. */
  kept_apart_from: string | null;
}

export interface ProviderConnection {
  id: string;
  provider: ProviderName;
  institution: string;
  status: "active" | "reconnect_needed" | "error" | "removed";
  error_code: string | null;
  error_message: string | null;
  last_synced_at: string | null;
  next_sync_at: string | null;
  is_syncing: boolean;
}

/** The server refused; `message` is a sentence for the user. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Return what to tell the user of a call that failed. */
export function sentence(error: unknown): string {
  return error instanceof Refused ? error.message : "The server cannot be reached.";
}

/** Trade the code of a sign-in link for a session. */
export async function signIn(code: string): Promise<SignedIn> {
  const answer = await call<{ token: string; expires_at: string; user: SignedIn["user"] }>("POST", "/api/session", {
    body: { code },
  });
  return { token: answer.token, expiresAt: Date.parse(answer.expires_at), user: answer.user };
}

/** Where the live values are, and to which providers one may connect. */
export async function config(): Promise<{ websocket_url: string; providers: string[] }> {
  return call("GET", "/api/config", {});
}

export async function accounts(token: string): Promise<Account[]> {
  return (await call<{ accounts: Account[] }>("GET", "/api/accounts", { token })).accounts;
}

export async function connections(token: string): Promise<ProviderConnection[]> {
  return (await call<{ connections: ProviderConnection[] }>("GET", "/api/connections", { token })).connections;
}

/** Ask how an account's value is made, or (null) the whole portfolio's. */
export async function explanation(token: string, account: string | null): Promise<Explanation> {
  const path = account === null ? "/api/portfolio/explain" : `/api/accounts/${encodeURIComponent(account)}/explain`;
  return call<Explanation>("GET", path, { token });
}

/** Ask how the whole service is; operators only. */
export async function status(token: string): Promise<StatusReport> {
  return call<StatusReport>("GET", "/api/status", { token });
}

/** The refreshes that failed for good, newest first; operators only. */
export async function deadJobs(token: string): Promise<Job[]> {
  return (await call<{ jobs: Job[] }>("GET", "/api/jobs", { token })).jobs;
}

/** Have one of them tried again; return the server's sentence about it. */
export async function retryJob(token: string, id: string): Promise<string> {
  return (await call<{ message: string }>("POST", `/api/jobs/${encodeURIComponent(id)}/retry`, { token })).message;
}

/** The current trading day as the server kept it, a point a minute, and its regular session; market seconds. */
export async function intraday(
  token: string,
): Promise<{ trading_day: string; opens_at: number; closes_at: number; points: Point[] }> {
  return call("GET", "/api/portfolio/intraday", { token });
}

/** Prices of the current trading day by instrument. */
export async function intradayPrices(token: string): Promise<{ trading_day: string; points: Record<string, Point[]> }> {
  return call("GET", "/api/prices/intraday", { token });
}

/** Ask for a refresh of all connections; return the server's sentence about it. */
export async function refresh(token: string): Promise<string> {
  return (await call<{ message: string }>("POST", "/api/portfolio/refresh", { token, body: {} })).message;
}

export async function refreshConnection(token: string, id: string): Promise<void> {
  await call("POST", `/api/connections/${encodeURIComponent(id)}/refresh`, { token });
}

/** Say that an account is another one, or (null) an account of its own; return how all accounts count then. */
export async function sayDuplicate(token: string, id: string, same_as: string | null): Promise<Account[]> {
  const path = `/api/accounts/${encodeURIComponent(id)}/duplicate`;
  return (await call<{ accounts: Account[] }>("POST", path, { token, body: { same_as } })).accounts;
}

export async function removeConnection(token: string, id: string): Promise<void> {
  await call("DELETE", `/api/connections/${encodeURIComponent(id)}`, { token });
}

/** Begin a session at a provider's page, to connect or (with a connection) to repair; Plaid's has a token. */
export async function beginLinking(
  token: string,
  provider: LinkProvider,
  redirect_url: string,
  connection_id: string | null,
): Promise<{ url: string; linkToken: string | null }> {
  const body = { redirect_url, connection_id };
  if (provider === "snaptrade") {
    const answer = await call<{ connection_url: string }>("POST", "/api/snaptrade/connection-url", { token, body });
    return { url: answer.connection_url, linkToken: null };
  }
  const answer = await call<{ link_token: string; hosted_link_url: string | null }>("POST", "/api/plaid/link-token", {
    token,
    body,
  });
  if (answer.hosted_link_url === null) {
    throw new Refused(422, "Plaid offers no page of its own with these credentials.");
  }
  return { url: answer.hosted_link_url, linkToken: answer.link_token };
}

interface Connected {
  message: string;
  connection_ids: string[];
}

export async function finishPlaid(token: string, link_token: string): Promise<Connected> {
  return call("POST", "/api/plaid/connect", { token, body: { link_token } });
}

export async function finishSnapTrade(token: string, authorization_id: string | null): Promise<Connected> {
  return call("POST", "/api/snaptrade/connect", { token, body: { authorization_id } });
}

/** Hand over a trading account's own keys; they are checked, kept encrypted, and never told again. */
export async function connectAlpaca(token: string, key_id: string, secret_key: string): Promise<Connected> {
  return call("POST", "/api/alpaca/connect", { token, body: { key_id, secret_key } });
}

async function call<Answer>(
  method: string,
  path: string,
  { token, body }: { token?: string; body?: object },
): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: "omit",
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    throw new Refused(response.status, detailOf(answer) ?? `The server answered ${response.status}.`);
  }
  return answer as Answer;
}

function detailOf(problem: unknown): string | null {
  if (typeof problem === "object" && problem !== null && "detail" in problem && typeof problem.detail === "string") {
    return problem.detail;
  }
  return null;
}
