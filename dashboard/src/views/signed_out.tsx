/** The page without a session: signing in, signed out, server away. */

import type { ComponentChildren } from "preact";

import * as format from "../format";
import type { Screen } from "../state";
import { useTick } from "./hooks";
import { Brand } from "./top_bar";

type Reason = Extract<Screen, { kind: "signed-out" }>["reason"];

const TEXTS: Record<Reason, { title: string; text: string }> = {
  "no-link": { title: "Open your sign-in link", text: "This page shows live values to whoever holds a sign-in link." },
  "bad-link": { title: "This link does not work any more", text: "Sign-in links expire after a while." },
  expired: { title: "Your session has ended", text: "For your safety a session lasts a limited time." },
  forbidden: { title: "This page may not connect", text: "The server refused the live connection from this address." },
  left: { title: "You are signed out", text: "Nothing of your portfolio is kept in this browser." },
};

export function SignedOut({ reason }: { reason: Reason }) {
  const { title, text } = TEXTS[reason];
  return (
    <Centered>
      <h1 data-testid="signed-out">{title}</h1>
      <p>{text}</p>
      <p class="muted">
        To get a new link, run <code>navstream sign-in-link</code> where the service runs, or ask whoever runs it for
        one. Then open it in this tab.
      </p>
    </Centered>
  );
}

export function SigningIn() {
  return (
    <Centered>
      <p class="muted" role="status">
        Signing in…
      </p>
    </Centered>
  );
}

export function Unreachable({ retryAt }: { retryAt: number }) {
  useTick();
  return (
    <Centered>
      <h1>The server does not answer</h1>
      <p role="status">Trying again in {format.countdown(retryAt - Date.now())}.</p>
    </Centered>
  );
}

function Centered({ children }: { children: ComponentChildren }) {
  return (
    <main class="centered">
      <div class="card welcome">
        <Brand />
        {children}
      </div>
    </main>
  );
}
