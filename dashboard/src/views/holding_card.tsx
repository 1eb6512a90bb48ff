/** A holding as a card, for a phone; opens into its figures and accounts. */

import { useContext } from "preact/hooks";

import * as format from "../format";
import { displaySymbol } from "../instrument";
import { markOf } from "../mark";
import { Contributions } from "./contributions";
import { Display } from "./display";
import { DayChange, Gain, PriceCell, Quantity } from "./holding_row";
import type { HoldingProps } from "./holdings_list";
import { MarketClock, useTick } from "./hooks";
import { memo } from "./memo";
import { Amount, Badges, ClassNames, MarkChip } from "./parts";

export const HoldingCard = memo(function HoldingCard(props: HoldingProps) {
  useTick();
  useContext(Display);
  const { lineKey, position, snapshots, accountNames, currency, open, toggle, place, count } = props;
  const mark = markOf(position, useContext(MarketClock)());
  const details = `accounts-${lineKey.replaceAll(" ", "-")}`;
  return (
    <li
      class={`holding holding-card mark-${mark.kind}${open ? " open" : ""}`}
      data-testid="holdings-row"
      data-key={lineKey}
      aria-posinset={place}
      aria-setsize={count}
      data-symbol={position.symbol}
    >
      <button
        type="button"
        class="card-button"
        data-row-button
        aria-expanded={open}
        {...(open ? { "aria-controls": details } : {})}
        onClick={() => toggle(lineKey)}
      >
        <span class="card-left">
          <span class="symbol">
            {displaySymbol(position.symbol)}
            <ClassNames position={position} />
          </span>
          <span class="sub full-name">{position.name}</span>
          <span class="card-meta">
            <Badges institutions={position.institutions} />
            <MarkChip mark={mark} inButton />
          </span>
        </span>
        <span class="card-right">
          <Amount
            value={position.market_value}
            text={format.money(position.market_value, currency)}
            snapshots={snapshots}
            className="strong"
          />
          {mark.kind !== "cash" && <DayChange position={position} currency={currency} inButton />}
        </span>
      </button>
      {open && (
        <div class="details" id={details}>
          <dl class="card-figures">
            <div>
              <dt>Quantity</dt>
              <dd>
                <Quantity position={position} />
              </dd>
            </div>
            {mark.kind !== "cash" && (
              <>
                <div>
                  <dt>Price</dt>
                  <dd>
                    <PriceCell position={position} mark={mark} snapshots={snapshots} />
                  </dd>
                </div>
                <div>
                  <dt>Unrealized gain</dt>
                  <dd>
                    <Gain position={position} currency={currency} />
                  </dd>
                </div>
              </>
            )}
          </dl>
          <Contributions position={position} accountNames={accountNames} currency={currency} mark={mark} />
        </div>
      )}
    </li>
  );
});
