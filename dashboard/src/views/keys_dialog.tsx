/** Asks for an Alpaca account's own keys. They live in the form's fields alone: no state, no storage, one request. */

import { useEffect, useRef, useState } from "preact/hooks";

import { sentence } from "../rest";

export function KeysDialog(props: { connect: (keyId: string, secretKey: string) => Promise<void>; close: () => void }) {
  const { connect, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setState({ busy: true, problem: null });
    connect(String(form.get("key_id")), String(form.get("secret_key"))).then(
      () => dialog.current?.close(),
      (error: unknown) => setState({ busy: false, problem: sentence(error) }),
    );
  };
  return (
    <dialog ref={dialog} class="dialog card" aria-labelledby="keys-title" onClose={close} data-testid="keys-dialog">
      <h2 id="keys-title">Connect Alpaca</h2>
      <p id="keys-help" class="muted">
        Make an API key on your account’s page at Alpaca and paste both parts. They are tried once, kept encrypted, and
        never shown again.
      </p>
      <form class="fields" onSubmit={submit} aria-describedby="keys-help">
        <label>
          Key ID
          <input name="key_id" required maxLength={200} autoComplete="off" autoCapitalize="off" spellcheck={false} autofocus />
        </label>
        <label>
          Secret key
          <input name="secret_key" type="password" required maxLength={200} autoComplete="off" />
        </label>
        {state.problem !== null && (
          <p class="problem" role="alert">
            {state.problem}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={state.busy}>
            {state.busy ? "Asking Alpaca…" : "Connect"}
          </button>
        </div>
      </form>
    </dialog>
  );
}
