/** What is to be known of an account: it is another one, or its total is not its provider's. */

import { figuresOf, type Figures } from "navstream-client";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { driftSentence } from "../drift";
import { providerName } from "../instrument";
import type { Account } from "../rest";
import type { State } from "../state";

export interface AccountActions {
  /** Say that an account is another one, or (null) an account of its own. */
  sameAs: (account: Account, other: string | null) => Promise<void>;
}

/** Return the account that counts in this one's place: as the live values have it, else as last read. */
export function duplicateOf(account: Account, figures: Figures | null): string | null {
  return figures === null ? account.duplicate_of : figures.duplicate_of;
}

export function AccountNotes(props: { account: Account; state: State; actions: AccountActions | null }) {
  const { account, state, actions } = props;
  const figures = figuresOf(state.channels.get(`account:${account.id}`));
  const drift = driftSentence(figures === null ? account.reconciliation : figures.reconciliation, account.provider);
  const counts = state.accounts.find(({ id }) => id === duplicateOf(account, figures));
  const apart = state.accounts.find(({ id }) => id === account.kept_apart_from);
  return (
    <>
      {counts !== undefined && (
        <Note testId="duplicate-note">
          <strong>Not in the total:</strong> the same account is read through {providerName(counts.provider)} and counts
          there.
          {actions !== null && (
            <Say name={`Count it too: ${account.name}`} say={() => actions.sameAs(account, null)}>
              Count it too
            </Say>
          )}
        </Note>
      )}
      {counts === undefined && apart !== undefined && actions !== null && (
        <Note testId="apart-note">
          You said that this is not the same account as {apart.name} through {providerName(apart.provider)}.
          <Say name={`Count them once: ${account.name}, ${apart.name}`} say={() => actions.sameAs(account, apart.id)}>
            Count them once
          </Say>
        </Note>
      )}
      {drift !== null && (
        <Note testId="drift-note">
          <strong>Totals differ.</strong> {drift}
        </Note>
      )}
    </>
  );
}

function Note({ testId, children }: { testId: string; children: ComponentChildren }) {
  return (
    <p class="account-note" data-testid={testId}>
      {children}
    </p>
  );
}

function Say({ name, say, children }: { name: string; say: () => Promise<void>; children: ComponentChildren }) {
  const [busy, setBusy] = useState(false);
  const press = (): void => {
    setBusy(true);
    void say().finally(() => setBusy(false));
  };
  return (
    <button type="button" class="button" disabled={busy} aria-label={name} onClick={press}>
      {children}
    </button>
  );
}
