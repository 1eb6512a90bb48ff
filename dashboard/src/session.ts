/** Who is signed in. The link's fragment holds a code; the token it buys lives as long as the browser tab. */

import type { Leaving } from "./linking";
import { EMPTY, type Series } from "./series";

export interface User {
  id: string;
  name: string;
  /** May see the whole service's status. */
  operator: boolean;
}
export interface SignedIn {
  token: string;
  /** When the token expires, wall ms. */
  expiresAt: number;
  user: User;
}

const KEY = "navstream.session";
const CHART_KEY = "navstream.chart";

/** Return the sign-in code of a fragment such as `#code=abc`; null when there is none. */
export function codeOf(fragment: string): string | null {
  const code = new URLSearchParams(fragment.replace(/^#/, "")).get("code");
  return code === null || code === "" ? null : code;
}

/** Return the session that was stored as text, if it is one and has not expired. */
export function restored(text: string | null, now: number): SignedIn | null {
  if (text === null) {
    return null;
  }
  try {
    const stored = JSON.parse(text) as SignedIn;
    const usable = typeof stored.token === "string" && stored.expiresAt > now && typeof stored.user.id === "string";
    return usable ? stored : null;
  } catch {
    return null;
  }
}

/** Take the code out of the address bar, so that it is neither bookmarked nor shared; return it. */
export function takeCode(): string | null {
  const code = codeOf(location.hash);
  if (code !== null) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return code;
}

export function storedSession(): SignedIn | null {
  return restored(sessionStorage.getItem(KEY), Date.now());
}

export function keep(session: SignedIn): void {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

/** Keep the chart's points over a reload of the page. */
export function keepChart(user: User, series: Series): void {
  sessionStorage.setItem(CHART_KEY, JSON.stringify({ userId: user.id, series }));
}

/** Return the chart as it was before a reload; an empty one for somebody else or when there is none. */
export function storedChart(user: User): Series {
  return restoredChart(sessionStorage.getItem(CHART_KEY), user.id);
}

/** Return the series that was stored as text for this user; the empty series when it is not one. */
export function restoredChart(text: string | null, userId: string): Series {
  try {
    const stored = JSON.parse(text ?? "null") as { userId: string; series: Series } | null;
    const usable = stored?.userId === userId && Array.isArray(stored.series.points) && stored.series.bucketS >= 1;
    return usable ? stored.series : EMPTY;
  } catch {
    return EMPTY;
  }
}

const LEAVING_KEY = "navstream.leaving";

/** Remember what to take up when the browser comes back from a provider's page. */
export function keepLeaving(leaving: Leaving): void {
  sessionStorage.setItem(LEAVING_KEY, JSON.stringify(leaving));
}

/** Return it, once. */
export function takeLeaving(): Leaving | null {
  const text = sessionStorage.getItem(LEAVING_KEY);
  sessionStorage.removeItem(LEAVING_KEY);
  return text === null ? null : (JSON.parse(text) as Leaving);
}

/** Forget everything this tab stored. */
export function forget(): void {
  sessionStorage.clear();
}
