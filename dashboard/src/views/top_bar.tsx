/** Brand, market state with its countdown, state of the connection, sign out. */

import { useContext } from "preact/hooks";
import type { Market, Connection } from "navstream-client";

import * as format from "../format";
import { nextChange, sessionName } from "../market";
import type { View } from "../route";
import { MarketClock, useTick } from "./hooks";
import { Nav } from "./nav";

export function Brand() {
  return (
    <span class="brand">
      <img src="/icon.svg" alt="" width="28" height="28" />
      navstream
    </span>
  );
}

export function TopBar(props: {
  view: View;
  operator: boolean;
  connection: Connection;
  market: Market | null;
  userName: string;
  signOut: () => void;
}) {
  return (
    <header class="top-bar">
      <div class="top-bar-inner">
        <Brand />
        <Nav view={props.view} operator={props.operator} />
        <MarketState market={props.market} />
        <ConnectionState connection={props.connection} market={props.market} />
        <div class="user">
          <span class="user-name">{props.userName}</span>
          <button type="button" class="link" onClick={props.signOut}>
            Sign out
          </button>
        </div>
      </div>
    </header>
  );
}

function MarketState({ market }: { market: Market | null }) {
  useTick();
  const now = useContext(MarketClock)();
  if (market === null) {
    return (
      <div class="pill" data-testid="market-state">
        Market
      </div>
    );
  }
  return (
    <div class={`pill session-${market.session}`} data-testid="market-state" data-session={market.session}>
      <span class="dot" aria-hidden="true" />
      <strong>{sessionName(market)}</strong>
      <span class="pill-detail">{nextChange(market, now)}</span>
      <time class="pill-clock" title="Time at the exchange">
        {format.newYorkTime(now)} ET
      </time>
      {market.speed !== 1 && (
        <span class="speed" title="Market time is replayed at this speed">
          {market.speed}×
        </span>
      )}
    </div>
  );
}

const NAMES = { connecting: "Connecting…", live: "Live", "signed-out": "" };

function ConnectionState({ connection, market }: { connection: Connection; market: Market | null }) {
  const idle = connection.kind === "live" && market?.session === "closed";
  return (
    <div class={`connection connection-${connection.kind}`} data-testid="connection-state" data-state={connection.kind}>
      <span class="dot" aria-hidden="true" />
      {connection.kind === "reconnecting"
        ? `Lost at ${format.userTime(connection.since)}`
        : idle
          ? "Connected"
          : NAMES[connection.kind]}
    </div>
  );
}
