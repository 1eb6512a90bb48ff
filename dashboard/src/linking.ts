/** Leaving for a provider's page to connect an institution, and coming back. Pure. */

export type LinkProvider = "plaid" | "snaptrade";

export interface Returned {
  provider: LinkProvider;
  /** SnapTrade says how it ended; Plaid's outcome is asked for. */
  outcome: "success" | "left" | "failed" | "unknown";
  authorizationId: string | null;
}

export type Linking =
  | { kind: "none" }
  | { kind: "busy"; message: string }
  | { kind: "done"; message: string }
  | { kind: "failed"; message: string };

/** What the page remembers while the browser is away: Plaid's session, and the connection that it repairs. */
export interface Leaving {
  linkToken: string | null;
  repairs: string | null;
}

const OUTCOMES: Record<string, Returned["outcome"]> = { SUCCESS: "success", ABANDONED: "left", ERROR: "failed" };

/** Return what an address such as `?linked=snaptrade&status=SUCCESS` says; null when nobody comes back. */
export function returnOf(search: string): Returned | null {
  const query = new URLSearchParams(search);
  const provider = query.get("linked");
  if (provider !== "plaid" && provider !== "snaptrade") {
    return null;
  }
  return {
    provider,
    outcome: OUTCOMES[query.get("status")?.toUpperCase() ?? ""] ?? "unknown",
    authorizationId: query.get("connection_id"),
  };
}

/** Return where a provider's page shall lead back to. */
export function backTo(origin: string, provider: LinkProvider): string {
  return `${origin}/?linked=${provider}`;
}

/** Return the sentence for a return that connected nothing; null when it may have. */
export function givenUp({ outcome }: Returned): string | null {
  switch (outcome) {
    case "left":
      return "You left before an institution was connected. Nothing has changed.";
    case "failed":
      return "The institution could not be connected. Nothing has changed; you can try again.";
    case "success":
    case "unknown":
      return null;
  }
}
