/** The holdings that moved the total most today. */

import type { Position } from "navstream-client";

import { displaySymbol } from "../instrument";
import { movers } from "../movers";
import { addressOf } from "../route";
import { Change } from "./parts";

const SHOWN_COUNT = 5;

export function Movers({ positions, currency }: { positions: readonly Position[] | null; currency: string }) {
  const shown = movers(positions ?? [], SHOWN_COUNT);
  return (
    <section class="card" aria-labelledby="movers-title" data-testid="movers">
      <div class="card-head">
        <h2 id="movers-title">Largest moves of the day</h2>
        <a class="link" href={addressOf("holdings")}>
          All holdings
        </a>
      </div>
      <ul class="list">
        {shown.map((position) => (
          <li key={position.instrument} class="list-row list-row-plain">
            <span class="list-text">
              <span class="list-name">{displaySymbol(position.symbol)}</span>
              <span class="sub">{position.name}</span>
            </span>
            <span class="list-figures">
              <Change amount={position.day_change} pct={position.day_change_pct} currency={currency} stacked />
            </span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="empty">Nothing has moved yet.</p>}
    </section>
  );
}
