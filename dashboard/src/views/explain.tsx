/** "Why this number?": a button beside a total, and the dialog that opens the total into its lines. */

import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

import { lineRows, origins, sumRows, type Explanation } from "../explain";
import * as format from "../format";
import { sentence } from "../rest";

/** What is to be explained: an account, or (null) the portfolio. */
export interface Question {
  account: string | null;
  name: string;
}

/** Opens the dialog; provided by the app. */
export const Ask = createContext<(question: Question) => void>(() => {});

export function WhyButton({ question }: { question: Question }) {
  const ask = useContext(Ask);
  return (
    <button
      type="button"
      class="why"
      aria-haspopup="dialog"
      aria-label={`Why this number? ${question.name}`}
      title="Why this number?"
      onClick={() => ask(question)}
    >
      ?
    </button>
  );
}

/** An account's name and its button, which stays on the line of the last word. */
export function AskedName({ account, name }: { account: string; name: string }) {
  const last = name.lastIndexOf(" ") + 1;
  return (
    <>
      {name.slice(0, last)}
      <span class="together">
        {name.slice(last)}
        <WhyButton question={{ account, name }} />
      </span>
    </>
  );
}

type Answer = { kind: "asking" } | { kind: "failed"; message: string } | { kind: "known"; explanation: Explanation };

/** The browser's own modal dialog: it keeps the focus, closes with Escape and gives the focus back. */
export function ExplainDialog(props: {
  question: Question;
  explain: (account: string | null) => Promise<Explanation>;
  close: () => void;
}) {
  const { question, explain, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [answer, setAnswer] = useState<Answer>({ kind: "asking" });
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    let wanted = true;
    explain(question.account).then(
      (explanation) => wanted && setAnswer({ kind: "known", explanation }),
      (error: unknown) => wanted && setAnswer({ kind: "failed", message: sentence(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [question, explain]);
  return (
    <dialog ref={dialog} class="explain card" aria-labelledby="explain-title" onClose={close} data-testid="explain">
      <div class="card-head">
        <h2 id="explain-title">Why this number? {question.name}</h2>
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {answer.kind === "asking" && <p class="empty">Asking…</p>}
      {answer.kind === "failed" && (
        <p class="empty" role="alert">
          {answer.message}
        </p>
      )}
      {answer.kind === "known" && <Lines explanation={answer.explanation} />}
    </dialog>
  );
}

function Lines({ explanation }: { explanation: Explanation }) {
  return (
    <div class="explain-body" tabIndex={0} role="region" aria-label="Lines of the total">
      <p class="sub">
        As of {format.newYorkDayTime(Date.parse(explanation.as_of))} New York
        {!explanation.live && "; no newer values are being made"}. Quantities: {origins(explanation).join("; ")}.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Instrument</th>
            <th scope="col">Made of</th>
            <th scope="col" class="number">
              Value
              <span class="sub narrow-only">Day change</span>
            </th>
            <th scope="col" class="number wide-only">
              Previous close
            </th>
            <th scope="col" class="number wide-only">
              Day change
            </th>
          </tr>
        </thead>
        <tbody>
          {lineRows(explanation).map((row) => (
            <tr key={row.instrument}>
              <th scope="row">{row.symbol}</th>
              <td>
                {row.factors}
                <span class="sub">{row.source}</span>
                {/\d/.test(row.previousClose) && <span class="sub narrow-only">Previous close {row.previousClose}</span>}
                {row.remarks.map((remark) => (
                  <span class="sub warn">{remark}</span>
                ))}
              </td>
              <td class="number">
                {row.value}
                <span class="sub narrow-only">{row.change}</span>
              </td>
              <td class="number wide-only">{row.previousClose}</td>
              <td class="number wide-only">{row.change}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          {sumRows(explanation).map((row) => (
            <tr key={row.name}>
              <th scope="row" colSpan={2}>
                {row.name}
              </th>
              <td class="number">
                {row.value}
                <span class="sub narrow-only">{row.change}</span>
              </td>
              <td class="wide-only" />
              <td class="number wide-only">{row.change}</td>
            </tr>
          ))}
        </tfoot>
      </table>
    </div>
  );
}
