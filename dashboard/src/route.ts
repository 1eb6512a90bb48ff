/** Which view the address names: `#/holdings`. Pure. */

export type View = "overview" | "holdings" | "accounts" | "operator";

const VIEWS: readonly View[] = ["overview", "holdings", "accounts", "operator"];

/** Return the view of an address's fragment; the overview for anything unknown. */
export function viewOf(fragment: string): View {
  return VIEWS.find((view) => fragment === `#/${view}`) ?? "overview";
}

export function addressOf(view: View): string {
  return view === "overview" ? "#/" : `#/${view}`;
}
