/** How far the total can be trusted: what its marks are, and how each session changed it. */

import type { Figures } from "navstream-client";

import { coverageShares, sessionChanges } from "../coverage";
import * as format from "../format";
import { reasonText } from "../reasons";
import { Change } from "./parts";
import { tip } from "./tips";

export function Trust({ figures }: { figures: Figures | null }) {
  return (
    <section class="card" aria-labelledby="trust-title" data-testid="trust">
      <div class="card-head">
        <h2 id="trust-title">What it is made of</h2>
      </div>
      {figures === null ? (
        <p class="empty">Waiting for the first values…</p>
      ) : (
        <>
          <Coverage figures={figures} />
          <h3 class="card-subhead">Change by session</h3>
          <ul class="session-changes">
            {sessionChanges(figures.session_changes).map(({ name, amount, remark }) => (
              <li key={name} data-testid="session-change">
                <span>{name}</span>
                <span class="sub">{remark}</span>
                <Change amount={amount} pct={null} currency={figures.currency} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Coverage({ figures }: { figures: Figures }) {
  const { coverage } = figures;
  const shares = coverageShares(coverage);
  let before = 0;
  return (
    <div class="coverage">
      {shares.length > 0 && (
        <svg class="coverage-bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          {shares.map(({ kind, share }) => {
            const from = before;
            before += share * 100;
            return <rect key={kind} class={`covered-${kind}`} x={from} width={share * 100} height="1" />;
          })}
        </svg>
      )}
      <ul class="coverage-legend">
        {shares.map(({ kind, name, share, meaning }) => (
          <li key={kind} {...tip(meaning)}>
            <span class={`swatch covered-${kind}`} aria-hidden="true" />
            {name} <strong>{format.share(share)}</strong>
            <span class="sr-only">: {meaning}</span>
          </li>
        ))}
        {coverage.no_price_count > 0 && <li class="problem">{coverage.no_price_count} without a price, left out</li>}
        {coverage.no_fx_rate_count > 0 && (
          <li class="problem">{coverage.no_fx_rate_count} without an exchange rate, left out</li>
        )}
        {shares.length === 0 && <li>{reasonText(coverage.reason) ?? "Nothing is invested."}</li>}
      </ul>
    </div>
  );
}
