/** Wiring: sign in, open the stream, keep accounts fresh, render. */

import { render } from "preact";
import { Stream } from "navstream-client";

import type { Explanation } from "./explain";
import * as rest from "./rest";
import * as session from "./session";
import { joined } from "./series";
import { joinedSparks } from "./sparks";
import { channelNames, INITIAL, withChannels, type State } from "./state";
import type { StatusReport } from "./status";
import { Store } from "./store";
import { App } from "./views/app";
import "./style/index.css";

const ACCOUNTS_EVERY_MS = 30_000;
const ACCOUNTS_AFTER_REFRESH_MS = 2_500;
const UNREACHABLE_RETRY_MS = 3_000;

const store = new Store(INITIAL);
let stream: Stream | null = null;
let signedIn: session.SignedIn | null = null;
let accountsFollowed = false;
let accountsTimer: ReturnType<typeof setTimeout> | undefined;

function patch(change: Partial<State>): void {
  store.change((state) => ({ ...state, ...change }));
}

function signOut(reason: "no-link" | "bad-link" | "expired" | "forbidden" | "left"): void {
  clearTimeout(accountsTimer);
  stream?.stop();
  stream = null;
  signedIn = null;
  session.forget();
  patch({ ...INITIAL, screen: { kind: "signed-out", reason } });
}

async function begin(code: string | null): Promise<void> {
  stream?.stop();
  patch({ ...INITIAL });
  try {
    signedIn = code === null ? session.storedSession() : await rest.signIn(code);
    if (signedIn === null) {
      signOut("no-link");
      return;
    }
    session.keep(signedIn);
    const url = await rest.websocketUrl();
    openStream(url, signedIn);
    await readAccounts();
  } catch (error) {
    if (error instanceof rest.Refused && error.status < 500) {
      signOut(code === null ? "expired" : "bad-link");
      return;
    }
    patch({ screen: { kind: "unreachable", retryAt: Date.now() + UNREACHABLE_RETRY_MS } });
    setTimeout(() => void begin(code), UNREACHABLE_RETRY_MS);
  }
}

function openStream(url: string, { token, user }: session.SignedIn): void {
  patch({ screen: { kind: "dashboard", user }, series: session.storedChart(user) });
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
      channelsChanged: (channels) => store.change((state) => withChannels(state, channels, Date.now())),
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
      sparks: joinedSparks(state.sparks, prices.points),
    }));
  } catch (error) {
    console.warn("navstream: the day so far cannot be read", error);
  }
}

/** Read accounts and connections now, and again every half minute; an outage keeps what is known. */
async function readAccounts(): Promise<void> {
  clearTimeout(accountsTimer);
  if (signedIn === null) {
    return;
  }
  const { token } = signedIn;
  accountsTimer = setTimeout(() => void readAccounts(), ACCOUNTS_EVERY_MS);
  try {
    const [accounts, providerConnections] = await Promise.all([rest.accounts(token), rest.connections(token)]);
    patch({ accounts, providerConnections, accountsKnown: true });
    follow();
  } catch (error) {
    if (error instanceof rest.Refused && error.status === 401) {
      signOut("expired");
    }
  }
}

function follow(): void {
  stream?.follow(channelNames(store.get().accounts, accountsFollowed));
}

function followAccounts(wanted: boolean): void {
  accountsFollowed = wanted;
  follow();
}

function status(): Promise<StatusReport> {
  return signedIn === null
    ? Promise.reject(new rest.Refused(401, "You are signed out."))
    : rest.status(signedIn.token);
}

function explain(account: string | null): Promise<Explanation> {
  return signedIn === null
    ? Promise.reject(new rest.Refused(401, "You are signed out."))
    : rest.explanation(signedIn.token, account);
}

async function refresh(): Promise<void> {
  if (signedIn === null) {
    return;
  }
  patch({ refresh: { kind: "busy" } });
  try {
    patch({ refresh: { kind: "asked", message: await rest.refresh(signedIn.token) } });
    setTimeout(() => void readAccounts(), ACCOUNTS_AFTER_REFRESH_MS);
  } catch (error) {
    const message = error instanceof rest.Refused ? error.message : "The server cannot be reached.";
    patch({ refresh: { kind: "failed", message } });
  }
  setTimeout(() => patch({ refresh: { kind: "idle" } }), 2 * ACCOUNTS_AFTER_REFRESH_MS);
}

addEventListener("hashchange", () => {
  const code = session.takeCode();
  if (code !== null) {
    void begin(code);
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
      refresh: () => void refresh(),
      signOut: () => signOut("left"),
      retryNow: () => stream?.retryNow(),
      explain,
      followAccounts,
      status,
    }}
  />,
  root,
);
void begin(session.takeCode());
