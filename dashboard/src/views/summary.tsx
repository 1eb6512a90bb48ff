/** The figures of the portfolio, big, and their chart. */

import { useContext } from "preact/hooks";
import type { Figures, Market } from "navstream-client";

import * as format from "../format";
import { changeLabel } from "../market";
import { reasonText } from "../reasons";
import { previousTotal, type State } from "../state";
import { Day } from "./day";
import { WhyButton } from "./explain";
import { MarketClock, useFlash } from "./hooks";
import { Amount, Change } from "./parts";
import { tip } from "./tips";

export function Summary({ state, figures, market }: { state: State; figures: Figures | null; market: Market | null }) {
  const now = useContext(MarketClock)();
  const snapshots = state.channels.get("portfolio")?.snapshots ?? 0;
  const currency = figures?.currency ?? "USD";
  const previous = previousTotal(figures);
  return (
    <section class="card summary" aria-label="Portfolio">
      <div class="summary-head">
        <div>
          <div class="label">
            <h1>Total value</h1>
            <WhyButton question={{ account: null, name: "Total value" }} />
          </div>
          <Total value={figures?.total_value ?? null} currency={currency} snapshots={snapshots} />
          <p class="day">
            <Change
              amount={figures?.day_change ?? null}
              pct={figures?.day_change_pct ?? null}
              currency={currency}
              testId="day-change"
              reason={reasonText(figures?.day_change_reason)}
              doubt={reasonText(figures?.day_change_reason)}
            />{" "}
            <span class="muted">{changeLabel(market, now)}</span>
          </p>
        </div>
        <dl class="stats">
          <div>
            <dt>Unrealized gain</dt>
            <dd data-testid="unrealized-gain">
              <Change
                amount={figures?.unrealized_gain ?? null}
                pct={figures?.unrealized_gain_pct ?? null}
                currency={currency}
                stacked
              />
            </dd>
          </div>
          <div>
            <dt>Invested</dt>
            <dd>
              <Amount
                value={figures?.market_value ?? null}
                text={format.money(figures?.market_value ?? null, currency)}
                snapshots={snapshots}
              />
            </dd>
          </div>
          <div>
            <dt>Cash</dt>
            <dd>
              <span class="plain">{format.money(figures?.cash ?? null, currency)}</span>
            </dd>
          </div>
        </dl>
      </div>
      <Quality figures={figures} />
      <Day
        series={state.series}
        hours={state.hours}
        previous={previous}
        previousIsWhole={figures?.day_change_reason === null}
        currency={currency}
      />
    </section>
  );
}

function Total({ value, currency, snapshots }: { value: number | null; currency: string; snapshots: number }) {
  const flash = useFlash<HTMLParagraphElement>(value, snapshots, "color");
  const text = format.money(value, currency);
  const point = text.lastIndexOf(".");
  return (
    <p ref={flash} class="total" data-testid="total-value" data-value={value}>
      {point < 0 ? text : text.slice(0, point)}
      {point >= 0 && <span class="cents">{text.slice(point)}</span>}
    </p>
  );
}

/** How far the total can be trusted: what is live, estimated, stale, or left out. */
function Quality({ figures }: { figures: Figures | null }) {
  if (figures === null) {
    return <div class="quality" />;
  }
  const { live_coverage, estimated_value, stale_count, stale_since, unpriced_count, currency } = figures;
  const since = stale_since === null ? "" : ` since ${format.newYorkDayTime(Date.parse(stale_since))} New York`;
  return (
    <ul class="quality" aria-label="How this total is made up">
      <li
        class="chip chip-coverage"
        data-testid="live-coverage"
        {...tip("Share of the invested value with a live market price")}
      >
        <Ring part={live_coverage ?? 0} />
        {format.share(live_coverage)} live
        <span class="sr-only">: share of the invested value with a live market price</span>
      </li>
      {estimated_value !== null && estimated_value > 0 && (
        <QualityChip
          kind="estimated"
          label={`${format.money(estimated_value, currency)} estimated`}
          reason="Valued at a previous close or at the institution’s own price."
        />
      )}
      {stale_count > 0 && (
        <QualityChip kind="stale" label={`${stale_count} stale`} reason={`No new price for a while${since}.`} />
      )}
      {unpriced_count > 0 && (
        <QualityChip
          kind="unpriced"
          label={`${unpriced_count} unpriced, left out`}
          reason="Without a usable price; left out of the total."
        />
      )}
    </ul>
  );
}

function QualityChip({ kind, label, reason }: { kind: "estimated" | "stale" | "unpriced"; label: string; reason: string }) {
  return (
    <li class={`chip chip-${kind}`} {...tip(reason)}>
      {label}
      <span class="sr-only">: {reason}</span>
    </li>
  );
}

function Ring({ part }: { part: number }) {
  const length = 2 * Math.PI * 6;
  return (
    <svg class="ring" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <circle cx="8" cy="8" r="6" class="ring-all" />
      <circle cx="8" cy="8" r="6" class="ring-part" stroke-dasharray={`${part * length} ${length}`} />
    </svg>
  );
}
