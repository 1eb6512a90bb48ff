/** Accounts and the connections behind them. */

import type { State } from "../state";
import { Accounts } from "./accounts";
import { Connect, Connections, LinkingNote, type ConnectionActions } from "./connections";

export function AccountsView({ state, actions }: { state: State; actions: ConnectionActions }) {
  return (
    <>
      <h1 class="sr-only">Accounts and connections</h1>
      <LinkingNote linking={state.linking} actions={actions} />
      <div class="two-columns">
        <Accounts state={state} />
        <div class="column">
          <Connections state={state} actions={actions} />
          <Connect providers={state.providers} actions={actions} />
        </div>
      </div>
    </>
  );
}
