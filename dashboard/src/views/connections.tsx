/** The links to providers, their health, and the button that refreshes them. */

import * as format from "../format";
import { providerName } from "../instrument";
import type { ProviderConnection } from "../rest";
import type { Refresh, State } from "../state";
import { useTick } from "./hooks";
import { Ago, Badge } from "./parts";

const HEALTH = {
  active: { name: "Healthy", className: "good" },
  reconnect_needed: { name: "Reconnect needed", className: "bad" },
  error: { name: "Problem", className: "bad" },
  removed: { name: "Removed", className: "off" },
} as const;

export function Connections({ state, refresh }: { state: State; refresh: () => void }) {
  const busy = state.refresh.kind === "busy";
  return (
    <section class="card" aria-label="Connections">
      <div class="card-head">
        <h2>Connections</h2>
        <button type="button" class="button" onClick={refresh} disabled={busy} data-testid="refresh">
          {busy ? "Asking…" : "Refresh now"}
        </button>
      </div>
      <RefreshNote refresh={state.refresh} />
      <ul class="list">
        {state.providerConnections.map((connection) => (
          <ConnectionRow key={connection.id} connection={connection} />
        ))}
      </ul>
      {state.accountsKnown && state.providerConnections.length === 0 && <p class="empty">No connections yet.</p>}
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

function ConnectionRow({ connection }: { connection: ProviderConnection }) {
  useTick();
  const health = HEALTH[connection.status];
  const { next_sync_at: next } = connection;
  return (
    <li class="list-row" data-testid="connection-row">
      <Badge institution={connection.institution} />
      <span class="list-text">
        <span class="list-name">{connection.institution}</span>
        <span class="sub">
          {providerName(connection.provider)} · <Ago time={connection.last_synced_at} />
        </span>
        {next !== null && (
          <span class="sub">Next in {format.age(Date.parse(next) - Date.now())}</span>
        )}
        {connection.error_message !== null && <span class="sub problem">{connection.error_message}</span>}
      </span>
      <span class={`health health-${health.className}`} title={connection.error_code ?? undefined}>
        <span class="dot" aria-hidden="true" />
        {health.name}
      </span>
    </li>
  );
}
