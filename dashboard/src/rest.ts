/** The REST calls of the dashboard. */

import type { Explanation } from "./explain";
import type { Point } from "./series";
import type { SignedIn } from "./session";
import type { StatusReport } from "./status";

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

/** Trade the code of a sign-in link for a session. */
export async function signIn(code: string): Promise<SignedIn> {
  const answer = await call<{ token: string; expires_at: string; user: SignedIn["user"] }>("POST", "/api/session", {
    body: { code },
  });
  return { token: answer.token, expiresAt: Date.parse(answer.expires_at), user: answer.user };
}

export async function websocketUrl(): Promise<string> {
  return (await call<{ websocket_url: string }>("GET", "/api/config", {})).websocket_url;
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

/** The current trading day as the server kept it, a point a minute. */
export async function intraday(token: string): Promise<{ trading_day: string; points: Point[] }> {
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
