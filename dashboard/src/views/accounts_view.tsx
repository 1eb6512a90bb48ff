/** Accounts and the connections behind them. */

import type { State } from "../state";
import { Accounts } from "./accounts";
import { Connections } from "./connections";

export interface AccountActions {
  refresh: () => void;
}

export function AccountsView({ state, actions }: { state: State; actions: AccountActions }) {
  return (
    <div class="two-columns">
      <h1 class="sr-only">Accounts and connections</h1>
      <Accounts state={state} />
      <Connections state={state} refresh={actions.refresh} />
    </div>
  );
}
