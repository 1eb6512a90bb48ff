/** The page: which screen, which view, and what stands around all of them. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import type { Explanation } from "../explain";
import * as format from "../format";
import { hues } from "../instrument";
import { marketNow, tradesRoundTheClock } from "../market";
import type { View } from "../route";
import type { User } from "../session";
import { marketOf, portfolioOf, positionsOf, type State } from "../state";
import type { Store } from "../store";
import type { AccountActions } from "./account_notes";
import { AccountsView } from "./accounts_view";
import { Announcer } from "./announcer";
import { FeedNotice, InterruptedNotice, ReconnectBanner } from "./banner";
import type { ConnectionActions } from "./connections";
import { Display, useDisplay } from "./display";
import { Ask, ExplainDialog, type Question } from "./explain";
import { Footer } from "./footer";
import { HoldingsView } from "./holdings";
import { Hues, MarketClock, Sparks, useOffline } from "./hooks";
import { useView } from "./nav";
import { OperatorView, type OperatorActions } from "./operator";
import { Overview } from "./overview";
import { SignedOut, SigningIn, Unreachable } from "./signed_out";
import { Tips } from "./tips";
import { TopBar } from "./top_bar";

/** A loss is shown at once; the banner that explains it comes when it has lasted. */
const QUIET_MS = 2_500;
const HUES_COUNT = 8;

export interface Actions extends ConnectionActions, AccountActions, OperatorActions {
  signOut: () => void;
  retryNow: () => void;
  explain: (account: string | null) => Promise<Explanation>;
  followAccounts: (wanted: boolean) => void;
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
  const display = useDisplay();
  const sparks = useCallback((instrument: string) => store.get().sparks.get(instrument) ?? [], [store]);
  return (
    <MarketClock.Provider value={clock}>
      <Sparks.Provider value={sparks}>
        <Display.Provider value={display}>
          <Screen state={state} actions={actions} />
          <Footer signedIn={state.screen.kind === "dashboard"} />
          <Tips />
        </Display.Provider>
      </Sparks.Provider>
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
      return <Dashboard state={state} user={state.screen.user} actions={actions} />;
  }
}

function Dashboard({ state, user, actions }: { state: State; user: User; actions: Actions }) {
  const { connection } = state;
  const lost = connection.kind === "reconnecting" ? connection.since : null;
  const [question, setQuestion] = useState<Question | null>(null);
  const offline = useOffline(lost, QUIET_MS);
  const view = useView();
  const market = marketOf(state);
  const figures = portfolioOf(state);
  useTitle(figures?.day_change_pct ?? null, offline);
  const institutions = state.accounts.map((account) => account.institution).join("\n");
  const colors = useMemo(() => hues(institutions.split("\n"), HUES_COUNT), [institutions]);
  return (
    <Hues.Provider value={colors}>
      <Ask.Provider value={setQuestion}>
        <TopBar
          view={view}
          operator={user.operator}
          connection={connection}
          market={market}
          roundTheClock={tradesRoundTheClock(positionsOf(state) ?? [])}
          userName={user.name}
          signOut={actions.signOut}
        />
        {offline && <ReconnectBanner connection={connection} valuesShown={figures !== null} retryNow={actions.retryNow} />}
        {!offline && market !== null && <FeedNotice market={market} />}
        {!offline && figures !== null && figures.interrupted && <InterruptedNotice />}
        <main class={`page${lost === null ? "" : " offline"}`} data-testid="page">
          <Shown view={view} state={state} actions={actions} operator={user.operator} />
        </main>
        {question !== null && (
          <ExplainDialog question={question} explain={actions.explain} close={() => setQuestion(null)} />
        )}
        <Announcer figures={figures} offline={offline} />
      </Ask.Provider>
    </Hues.Provider>
  );
}

function Shown(props: { view: View; state: State; actions: Actions; operator: boolean }) {
  const { view, state, actions, operator } = props;
  const figures = portfolioOf(state);
  switch (view) {
    case "overview":
      return <Overview state={state} figures={figures} market={marketOf(state)} />;
    case "holdings":
      return (
        <HoldingsView state={state} currency={figures?.currency ?? "USD"} followAccounts={actions.followAccounts} />
      );
    case "accounts":
      return <AccountsView state={state} actions={actions} />;
    case "operator":
      return operator ? <OperatorView actions={actions} /> : <p class="card empty">This needs an operator’s sign-in link.</p>;
  }
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
