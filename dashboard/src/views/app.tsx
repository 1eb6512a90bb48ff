/** The page: which screen, and the order of its parts. */

import { useEffect, useMemo, useState } from "preact/hooks";

import type { Explanation } from "../explain";
import * as format from "../format";
import { hues } from "../instrument";
import { marketNow } from "../market";
import { marketOf, portfolioOf, positionsOf, type State } from "../state";
import type { Store } from "../store";
import { Accounts } from "./accounts";
import { Announcer } from "./announcer";
import { FeedNotice, ReconnectBanner } from "./banner";
import { Connections } from "./connections";
import { Ask, ExplainDialog, type Question } from "./explain";
import { Footer } from "./footer";
import { Holdings } from "./holdings";
import { Hues, MarketClock, useOffline } from "./hooks";
import { SignedOut, SigningIn, Unreachable } from "./signed_out";
import { Summary } from "./summary";
import { TopBar } from "./top_bar";

const QUIET_MS = 2_500;
const HUES_COUNT = 8;

export interface Actions {
  refresh: () => void;
  signOut: () => void;
  retryNow: () => void;
  explain: (account: string | null) => Promise<Explanation>;
}

export function App({ store, actions }: { store: Store; actions: Actions }) {
  const [state, setState] = useState(store.get());
  useEffect(() => store.subscribe(setState), [store]);
  const clock = useMemo(
    () => () => {
      const { marketReceivedAt, ...rest } = store.get();
      const market = marketOf({ marketReceivedAt, ...rest });
      return market === null ? Date.now() : marketNow(market, marketReceivedAt, Date.now());
    },
    [store],
  );
  return (
    <MarketClock.Provider value={clock}>
      <Screen state={state} actions={actions} />
      <Footer />
    </MarketClock.Provider>
  );
}

function Screen({ state, actions }: { state: State; actions: Actions }) {
  switch (state.screen.kind) {
    case "signing-in":
      return <SigningIn />;
    case "signed-out":
      return <SignedOut reason={state.screen.reason} />;
    case "unreachable":
      return <Unreachable retryAt={state.screen.retryAt} />;
    case "dashboard":
      return <Dashboard state={state} userName={state.screen.user.name} actions={actions} />;
  }
}

function Dashboard({ state, userName, actions }: { state: State; userName: string; actions: Actions }) {
  const { connection } = state;
  const since = connection.kind === "reconnecting" ? connection.since : null;
  const [question, setQuestion] = useState<Question | null>(null);
  const offline = useOffline(since, QUIET_MS);
  const market = marketOf(state);
  const figures = portfolioOf(state);
  const currency = figures?.currency ?? "USD";
  useTitle(figures?.day_change_pct ?? null, offline);
  const institutions = state.accounts.map((account) => account.institution).join("\n");
  const colors = useMemo(() => hues(institutions.split("\n"), HUES_COUNT), [institutions]);
  return (
    <Hues.Provider value={colors}>
      <Ask.Provider value={setQuestion}>
        <TopBar connection={connection} market={market} userName={userName} signOut={actions.signOut} />
        {offline && <ReconnectBanner connection={connection} valuesShown={figures !== null} retryNow={actions.retryNow} />}
        {!offline && market !== null && <FeedNotice market={market} />}
        <main class={`page${offline ? " offline" : ""}`}>
          <Summary state={state} figures={figures} market={market} />
          <aside class="side" aria-label="Accounts and connections">
            <Accounts state={state} />
            <Connections state={state} refresh={actions.refresh} />
          </aside>
          <Holdings
            positions={positionsOf(state)}
            snapshots={state.channels.get("positions")?.snapshots ?? 0}
            total={figures?.total_value ?? null}
            accounts={state.accounts}
            currency={currency}
          />
        </main>
        {question !== null && (
          <ExplainDialog question={question} explain={actions.explain} close={() => setQuestion(null)} />
        )}
        <Announcer figures={figures} offline={offline} />
      </Ask.Provider>
    </Hues.Provider>
  );
}

function useTitle(dayChangePct: number | null, offline: boolean): void {
  useEffect(() => {
    const change = dayChangePct === null ? "" : `${format.percent(dayChangePct)} · `;
    document.title = offline ? "Reconnecting · navstream" : `${change}navstream`;
    return () => {
      document.title = "navstream";
    };
  }, [dayChangePct, offline]);
}
