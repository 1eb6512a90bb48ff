/** The links to providers: their health, and what can be done about each. */

import { useState } from "preact/hooks";

import * as format from "../format";
import { providerName } from "../instrument";
import type { LinkProvider, Linking } from "../linking";
import type { ProviderConnection } from "../rest";
import type { Refresh, State } from "../state";
import { useTick } from "./hooks";
import { KeysDialog } from "./keys_dialog";
import { Ago, Badge } from "./parts";
import { RemoveDialog } from "./remove_dialog";

export interface ConnectionActions {
  refresh: () => void;
  refreshOne: (connection: ProviderConnection) => void;
  /** Leave for a provider's page: to connect an institution, or to repair this connection. */
  link: (provider: LinkProvider, repairs: ProviderConnection | null) => void;
  connectAlpaca: (keyId: string, secretKey: string) => Promise<void>;
  remove: (connection: ProviderConnection) => Promise<void>;
  closeLinking: () => void;
}

const HEALTH = {
  active: { name: "Healthy", className: "good" },
  reconnect_needed: { name: "Reconnect needed", className: "bad" },
  error: { name: "Problem", className: "bad" },
  removed: { name: "Removed", className: "off" },
} as const;

export function Connections({ state, actions }: { state: State; actions: ConnectionActions }) {
  const [removing, setRemoving] = useState<ProviderConnection | null>(null);
  const [rekeying, setRekeying] = useState(false);
  const busy = state.refresh.kind === "busy";
  return (
    <section class="card" aria-labelledby="connections-title">
      <div class="card-head">
        <h2 id="connections-title">Connections</h2>
        <button type="button" class="button" onClick={actions.refresh} disabled={busy} data-testid="refresh">
          {busy ? "Asking…" : "Sync all now"}
        </button>
      </div>
      <RefreshNote refresh={state.refresh} />
      <ul class="list">
        {state.providerConnections.map((connection) => (
          <ConnectionRow
            key={connection.id}
            connection={connection}
            actions={actions}
            repair={() =>
              connection.provider === "alpaca" ? setRekeying(true) : actions.link(connection.provider, connection)
            }
            remove={setRemoving}
          />
        ))}
      </ul>
      {state.accountsKnown && state.providerConnections.length === 0 && <p class="empty">No connections yet.</p>}
      {removing !== null && (
        <RemoveDialog
          connection={removing}
          accounts={state.accounts.filter((account) => account.connection_id === removing.id)}
          remove={() => actions.remove(removing)}
          close={() => setRemoving(null)}
        />
      )}
      {rekeying && <KeysDialog connect={actions.connectAlpaca} close={() => setRekeying(false)} />}
    </section>
  );
}

/** Buttons that lead to the providers' pages, and to the form for Alpaca's keys. */
export function Connect({ providers, actions }: { providers: readonly string[]; actions: ConnectionActions }) {
  const [asking, setAsking] = useState(false);
  const offered = (["plaid", "snaptrade"] as const).filter((provider) => providers.includes(provider));
  return providers.length === 0 ? null : (
    <section class="card connect" aria-labelledby="connect-title">
      <h2 id="connect-title">Connect an institution</h2>
      <p class="muted">
        With Plaid and SnapTrade you sign in on their own pages and come back here: we never see your password. An Alpaca
        account is connected by its API keys. A connection can be removed at any time.
      </p>
      <div class="connect-buttons">
        {offered.map((provider) => (
          <button
            key={provider}
            type="button"
            class="button button-main"
            data-testid={`connect-${provider}`}
            onClick={() => actions.link(provider, null)}
          >
            Connect with {providerName(provider)}
          </button>
        ))}
        {providers.includes("alpaca") && (
          <button type="button" class="button button-main" data-testid="connect-alpaca" onClick={() => setAsking(true)}>
            Connect Alpaca
          </button>
        )}
      </div>
      {asking && <KeysDialog connect={actions.connectAlpaca} close={() => setAsking(false)} />}
    </section>
  );
}

/** How connecting went, and the way on. */
export function LinkingNote({ linking, actions }: { linking: Linking; actions: ConnectionActions }) {
  if (linking.kind === "none") {
    return null;
  }
  return (
    <section class={`card linking linking-${linking.kind}`} role="status" data-testid="linking" data-state={linking.kind}>
      <p>
        <strong>{{ busy: "One moment.", done: "Connected.", failed: "Not connected." }[linking.kind]}</strong>{" "}
        {linking.message}
      </p>
      {linking.kind !== "busy" && (
        <div class="connect-buttons">
          {linking.kind === "done" && (
            <a class="button" href="#/holdings">
              See the holdings
            </a>
          )}
          <button type="button" class="button" onClick={actions.closeLinking}>
            Close
          </button>
        </div>
      )}
    </section>
  );
}

function RefreshNote({ refresh }: { refresh: Refresh }) {
  const text = refresh.kind === "asked" || refresh.kind === "failed" ? refresh.message : "";
  return (
    <p class={`note note-${refresh.kind}`} role="status">
      {text}
    </p>
  );
}

function ConnectionRow(props: {
  connection: ProviderConnection;
  actions: ConnectionActions;
  repair: () => void;
  remove: (connection: ProviderConnection) => void;
}) {
  useTick();
  const { connection, actions, repair, remove } = props;
  const { institution, provider, is_syncing: syncing, next_sync_at: next } = connection;
  const health = HEALTH[connection.status];
  const repairable = connection.status === "reconnect_needed";
  return (
    <li
      class="connection-row"
      data-testid="connection-row"
      data-connection={connection.id}
      data-syncing={syncing}
      data-synced={connection.last_synced_at}
    >
      <div class="list-row">
        <Badge institution={institution} />
        <span class="list-text">
          <span class="list-name">{institution}</span>
          <span class="sub">
            {providerName(provider)} · synced <Ago time={connection.last_synced_at} />
          </span>
          {next !== null && <span class="sub">Next sync in {format.age(Date.parse(next) - Date.now())}</span>}
          {connection.error_message !== null && <span class="sub problem">{connection.error_message}</span>}
        </span>
        <span class={`health health-${health.className}`} title={connection.error_code ?? undefined}>
          <span class="dot" aria-hidden="true" />
          {health.name}
        </span>
      </div>
      <div class="connection-actions">
        {repairable && (
          <button
            type="button"
            class="button button-main"
            onClick={repair}
            aria-label={`Reconnect ${institution}`}
          >
            Reconnect
          </button>
        )}
        <button
          type="button"
          class="button"
          onClick={() => actions.refreshOne(connection)}
          disabled={syncing}
          aria-label={`${syncing ? "Syncing…" : "Sync now"} ${institution}`}
        >
          {syncing ? "Syncing…" : "Sync now"}
        </button>
        <button
          type="button"
          class="button button-danger"
          onClick={() => remove(connection)}
          aria-label={`Remove ${institution}`}
        >
          Remove
        </button>
        {syncing && <progress aria-label={`Syncing ${institution}`} />}
      </div>
    </li>
  );
}
