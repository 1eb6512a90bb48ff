/** Above the page: a lost connection, or a market-data stream in trouble. */

import type { Market, Connection } from "navstream-client";

import * as format from "../format";
import { useTick } from "./hooks";

export function ReconnectBanner(props: { connection: Connection; valuesShown: boolean; retryNow: () => void }) {
  const { connection, valuesShown, retryNow } = props;
  useTick();
  if (connection.kind !== "reconnecting") {
    return null;
  }
  const { since, retryAt } = connection;
  return (
    <div class="banner banner-lost" role="status" data-testid="banner">
      <p>
        {valuesShown ? (
          <>
            <strong>Connection lost at {format.userTime(since)}.</strong> You see the values as they were then.{" "}
          </>
        ) : (
          <>
            <strong>Live values cannot be reached</strong> since {format.userTime(since)}.{" "}
          </>
        )}
        <span class="banner-next" aria-hidden="true">
          {retryAt === null ? "Trying now…" : `Next try in ${format.countdown(retryAt - Date.now())}.`}
        </span>
      </p>
      <button type="button" class="button" onClick={retryNow} disabled={retryAt === null}>
        Try now
      </button>
    </div>
  );
}

const FEED_TEXTS = {
  live: null,
  starting: "Market data is starting.",
  silent: "Market data has gone quiet. Prices may be late.",
  disconnected: "Market data is disconnected. Prices are as of their last update.",
} as const;

export function FeedNotice({ market }: { market: Market }) {
  const text = FEED_TEXTS[market.feed];
  return text === null ? null : (
    <div class="banner banner-feed" role="status" data-testid="feed-notice">
      <p>{market.feed_message ?? text}</p>
    </div>
  );
}

export function InterruptedNotice() {
  return (
    <div class="banner banner-feed" role="status" data-testid="interrupted-notice">
      <p>Live values are interrupted. You see the last known ones.</p>
    </div>
  );
}
