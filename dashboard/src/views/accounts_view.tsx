/** Accounts and the connections behind them. */

import type { State } from "../state";
import { Accounts } from "./accounts";
import type { AccountActions } from "./account_notes";
import { Connect, Connections, LinkingNote, type ConnectionActions } from "./connections";

export function AccountsView({ state, actions }: { state: State; actions: ConnectionActions & AccountActions }) {
  return (
    <>
      <h1 class="sr-only">Accounts and connections</h1>
      <LinkingNote linking={state.linking} actions={actions} />
      <div class="two-columns">
        <Accounts state={state} actions={actions} />
        <div class="column">
          <Connections state={state} actions={actions} />
          <Connect providers={state.providers} actions={actions} />
        </div>
      </div>
    </>
  );
}
