/** The accounts with their live figures. */

import { figuresOf } from "navstream-client";

import * as format from "../format";
import { providerName } from "../instrument";
import { reasonText } from "../reasons";
import type { Account } from "../rest";
import { addressOf } from "../route";
import type { State } from "../state";
import { AccountNotes, duplicateOf, type AccountActions } from "./account_notes";
import { AskedName } from "./explain";
import { Amount, Ago, Badge, Change } from "./parts";

export function Accounts({ state, actions = null }: { state: State; actions?: AccountActions | null }) {
  return (
    <section class="card" aria-label="Accounts">
      <div class="card-head">
        <h2>
          Accounts {state.accountsKnown && <span class="count">{state.accounts.length}</span>}
        </h2>
      </div>
      <ul class="list">
        {state.accounts.map((account) => (
          <AccountRow key={account.id} account={account} state={state} actions={actions} />
        ))}
      </ul>
      {state.accounts.length === 0 && (
        <p class="empty">{state.accountsKnown ? "No accounts are linked yet." : "Reading accounts…"}</p>
      )}
    </section>
  );
}

function AccountRow(props: { account: Account; state: State; actions: AccountActions | null }) {
  const { account, state, actions } = props;
  const channel = state.channels.get(`account:${account.id}`);
  const figures = figuresOf(channel);
  const snapshots = channel?.snapshots ?? 0;
  const currency = figures?.currency ?? account.currency;
  const connection = state.providerConnections.find(({ id }) => id === account.connection_id);
  const broken = connection?.status === "reconnect_needed";
  return (
    <li
      class={`list-row${duplicateOf(account, figures) === null ? "" : " not-counted"}`}
      data-testid="account-row"
      data-account={account.id}
    >
      <Badge institution={account.institution} />
      <span class="list-text">
        <span class="list-name">
          <AskedName account={account.id} name={account.name} />
        </span>
        <span class="sub">
          {account.institution}
          {account.mask !== null && ` ··${account.mask}`}
        </span>
        <span class="sub" title="When the provider was last asked">
          {providerName(account.provider)} · <Ago time={account.last_synced_at} />
        </span>
        {broken && (
          <a class="sub problem" href={addressOf("accounts")} data-testid="account-problem">
            Not read any more: reconnect {account.institution}
          </a>
        )}
        <AccountNotes account={account} state={state} actions={actions} />
      </span>
      <span class="list-figures">
        <Amount
          value={figures?.total_value ?? null}
          text={format.money(figures?.total_value ?? null, currency)}
          snapshots={snapshots}
          className="strong"
        />
        <Change
          amount={figures?.day_change ?? null}
          pct={figures?.day_change_pct ?? null}
          currency={currency}
          reason={reasonText(figures?.day_change_reason)}
          doubt={reasonText(figures?.day_change_reason)}
        />
      </span>
    </li>
  );
}
