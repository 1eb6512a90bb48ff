/** Single-key shortcuts: what they are, and the switch that turns them off (WCAG 2.1.4). */

import { useEffect, useRef, useState } from "preact/hooks";

import { addressOf, type View } from "../route";

const STORED = "navstream.shortcuts";
const KEYS: [string, string][] = [
  ["/", "search the holdings"],
  ["j, k or ↓, ↑", "next and previous holding, from one of them"],
  ["Enter", "open a holding into its accounts"],
  ["o, h, a", "go to Overview, Holdings, Accounts"],
  ["p", "hide or show amounts"],
  ["t", "change the theme: system, light, dark"],
  ["?", "this help"],
];

function enabled(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

/** Do something at single keys, unless the user is typing or has turned them off; return what undoes it. */
export function singleKeys(actions: Record<string, () => void>): () => void {
  const pressed = (event: KeyboardEvent): void => {
    const typing = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
    const action = actions[event.key];
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (action !== undefined && !typing && !modified && enabled() && document.querySelector("dialog[open]") === null) {
      event.preventDefault();
      action();
    }
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(enabled);
  useEffect(() => {
    const go = (view: View) => () => location.assign(addressOf(view));
    const keys = { "?": () => dialog.current?.showModal(), o: go("overview"), h: go("holdings"), a: go("accounts") };
    return singleKeys(keys);
  }, []);
  return (
    <>
      <button type="button" class="link" onClick={() => dialog.current?.showModal()}>
        Keyboard
      </button>
      <dialog ref={dialog} class="dialog card" aria-labelledby="shortcuts-title" data-testid="shortcuts">
        <h2 id="shortcuts-title">Keyboard</h2>
        <dl class="facts">
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => {
              localStorage.setItem(STORED, event.currentTarget.checked ? "on" : "off");
              setOn(event.currentTarget.checked);
            }}
          />{" "}
          Single-key shortcuts
        </label>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </dialog>
    </>
  );
}
