/** The views, as links: the address says which one is shown, so back and bookmarks work. */

import { useEffect, useState } from "preact/hooks";

import { addressOf, viewOf, type View } from "../route";

const NAMES: Record<View, string> = {
  overview: "Overview",
  holdings: "Holdings",
  accounts: "Accounts",
  operator: "Operator",
};

export function Nav({ view, operator }: { view: View; operator: boolean }) {
  const views: View[] = ["overview", "holdings", "accounts", ...(operator ? (["operator"] as const) : [])];
  return (
    <nav class="nav" aria-label="Views">
      {views.map((each) => (
        <a key={each} href={addressOf(each)} {...(each === view ? { "aria-current": "page" as const } : {})}>
          {NAMES[each]}
        </a>
      ))}
    </nav>
  );
}

export function useView(): View {
  const [view, setView] = useState<View>(() => viewOf(location.hash));
  useEffect(() => {
    const changed = (): void => setView(viewOf(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return view;
}
