/** Wiring: sign in, open the stream, keep accounts fresh, render. */

import { render } from "preact";
import { Stream } from "navstream-client";

import { AccountWork } from "./account_work";
import { returnOf, type Returned } from "./linking";
import * as rest from "./rest";
import * as session from "./session";
import { joined } from "./series";
import { joinedSparks } from "./sparks";
import { channelNames, INITIAL, marketOf, withChannels, type State } from "./state";
import { Store } from "./store";
import { App } from "./views/app";
import "./style/index.css";

const UNREACHABLE_RETRY_MS = 3_000;

const store = new Store(INITIAL);
let stream: Stream | null = null;
let signedIn: session.SignedIn | null = null;
const work = new AccountWork({
  store,
  token: () => signedIn?.token ?? null,
  follow: (names) => stream?.follow(names),
  expired: () => signOut("expired"),
});

function patch(change: Partial<State>): void {
  store.change((state) => ({ ...state, ...change }));
}

function signOut(reason: "no-link" | "bad-link" | "expired" | "forbidden" | "left"): void {
  work.stop();
  stream?.stop();
  stream = null;
  signedIn = null;
  session.forget();
  patch({ ...INITIAL, screen: { kind: "signed-out", reason } });
}

async function begin(code: string | null, returned: Returned | null): Promise<void> {
  stream?.stop();
  patch({ ...INITIAL });
  try {
    signedIn = code === null ? session.storedSession() : await rest.signIn(code);
    if (signedIn === null) {
      signOut("no-link");
      return;
    }
    session.keep(signedIn);
    const { websocket_url, providers } = await rest.config();
    openStream(websocket_url, signedIn, providers);
    await (returned === null ? work.read() : work.finish(returned));
  } catch (error) {
    if (error instanceof rest.Refused && error.status < 500) {
      signOut(code === null ? "expired" : "bad-link");
      return;
    }
    patch({ screen: { kind: "unreachable", retryAt: Date.now() + UNREACHABLE_RETRY_MS } });
    setTimeout(() => void begin(code, returned), UNREACHABLE_RETRY_MS);
  }
}

function openStream(url: string, { token, user }: session.SignedIn, providers: readonly string[]): void {
  patch({ screen: { kind: "dashboard", user }, series: session.storedChart(user), providers });
  stream = new Stream({
    url,
    token,
    listener: {
      connectionChanged: (connection) => {
        if (connection.kind === "signed-out") {
          signOut(connection.reason);
        } else {
          if (connection.kind === "live") {
            void readDay();
          }
          patch({ connection });
        }
      },
      channelsChanged: (channels) => {
        const day = marketOf(store.get())?.trading_day;
        store.change((state) => withChannels(state, channels, Date.now()));
        if (day !== undefined && day !== marketOf(store.get())?.trading_day) {
          void readDay();
        }
      },
    },
  });
  stream.follow(channelNames([], false));
  stream.start();
}

/** Fill the day's lines with what the server kept: from before this page, and while it slept. */
async function readDay(): Promise<void> {
  if (signedIn === null) {
    return;
  }
  try {
    const [values, prices] = await Promise.all([rest.intraday(signedIn.token), rest.intradayPrices(signedIn.token)]);
    store.change((state) => ({
      ...state,
      series: joined(state.series, values.trading_day, values.points),
      hours: { tradingDay: values.trading_day, opens: values.opens_at, closes: values.closes_at },
      sparks: joinedSparks(state.sparks, prices.points),
    }));
  } catch (error) {
    console.warn("navstream: the day so far cannot be read", error);
  }
}

/** Make a call as whoever is signed in. */
async function signedInAs<Answer>(ask: (token: string) => Promise<Answer>): Promise<Answer> {
  if (signedIn === null) {
    throw new rest.Refused(401, "You are signed out.");
  }
  return ask(signedIn.token);
}

addEventListener("hashchange", () => {
  const code = session.takeCode();
  if (code !== null) {
    void begin(code, null);
  }
});
addEventListener("pagehide", () => {
  if (signedIn !== null) {
    session.keepChart(signedIn.user, store.get().series);
  }
});
addEventListener("online", () => stream?.retryNow());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    stream?.check();
  }
});

const root = document.getElementById("app");
if (root === null) {
  throw new Error("index.html has no #app");
}
render(
  <App
    store={store}
    actions={{
      refresh: () => void work.refresh(),
      refreshOne: (connection) => void work.refreshOne(connection),
      link: (provider, repairs) => void work.link(provider, repairs),
      connectAlpaca: work.connectAlpaca,
      remove: work.remove,
      sameAs: work.sameAs,
      closeLinking: work.closeLinking,
      signOut: () => signOut("left"),
      retryNow: () => stream?.retryNow(),
      explain: (account) => signedInAs((token) => rest.explanation(token, account)),
      followAccounts: work.followAccounts,
      status: () => signedInAs(rest.status),
      deadJobs: () => signedInAs(rest.deadJobs),
      retryJob: (id) => signedInAs((token) => rest.retryJob(token, id)),
    }}
  />,
  root,
);
const returned = returnOf(location.search);
if (returned !== null) {
  history.replaceState(null, "", `${location.pathname}#/accounts`);
}
void begin(session.takeCode(), returned);
