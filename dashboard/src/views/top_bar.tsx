/** Brand, market state with its countdown, state of the connection, sign out. */

import { useContext } from "preact/hooks";
import type { Market, Connection } from "navstream-client";

import * as format from "../format";
import { nextChange, nextChangeAt, sessionName } from "../market";
import type { View } from "../route";
import { DisplayButtons } from "./display";
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
  /** Something held is traded round the clock. */
  roundTheClock: boolean;
  userName: string;
  signOut: () => void;
}) {
  return (
    <header class="top-bar">
      <div class="top-bar-inner">
        <Brand />
        <Nav view={props.view} operator={props.operator} />
        <MarketState market={props.market} roundTheClock={props.roundTheClock} />
        <ConnectionState connection={props.connection} market={props.market} />
        <div class="user">
          <DisplayButtons />
          <span class="user-name">{props.userName}</span>
          <button type="button" class="link" onClick={props.signOut}>
            Sign out
          </button>
        </div>
      </div>
    </header>
  );
}

function MarketState({ market, roundTheClock }: { market: Market | null; roundTheClock: boolean }) {
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
      <strong>{sessionName(market, now)}</strong>
      <span class="pill-detail" data-tip={nextChangeAt(market)}>
        {nextChange(market, now)}
      </span>
      {roundTheClock && market.session !== "regular" && <span class="pill-detail pill-crypto">Crypto 24/7</span>}
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
