/** Asks before a connection is removed, and says what goes with it. */

import { useEffect, useRef, useState } from "preact/hooks";

import { sentence, type Account, type ProviderConnection } from "../rest";

export function RemoveDialog(props: {
  connection: ProviderConnection;
  accounts: readonly Account[];
  remove: () => Promise<void>;
  close: () => void;
}) {
  const { connection, accounts, remove, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  useEffect(() => dialog.current?.showModal(), []);
  const confirm = (): void => {
    setState({ busy: true, problem: null });
    remove().then(
      () => dialog.current?.close(),
      (error: unknown) => setState({ busy: false, problem: sentence(error) }),
    );
  };
  return (
    <dialog ref={dialog} class="dialog card" aria-labelledby="remove-title" onClose={close} data-testid="remove-dialog">
      <h2 id="remove-title">Remove {connection.institution}?</h2>
      <p>
        The connection ends at the provider too.{" "}
        {accounts.length > 0 && <>These accounts leave your portfolio: {accounts.map(({ name }) => name).join(", ")}.</>}
      </p>
      {state.problem !== null && (
        <p class="problem" role="alert">
          {state.problem}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="button button-danger" onClick={confirm} disabled={state.busy}>
          {state.busy ? "Removing…" : "Remove"}
        </button>
      </div>
    </dialog>
  );
}
