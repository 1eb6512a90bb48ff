/** A holding as a table row; opens into its accounts. */

import { useContext } from "preact/hooks";
import type { Position } from "navstream-client";

import * as format from "../format";
import { displaySymbol } from "../instrument";
import { markOf, type Mark } from "../mark";
import { Contributions } from "./contributions";
import type { HoldingProps } from "./holdings";
import { MarketClock, useTick } from "./hooks";
import { memo } from "./memo";
import { Amount, Badges, Change, ClassNames, MarkChip, PriceAge } from "./parts";

const COLUMNS_COUNT = 7;

export const HoldingRow = memo(function HoldingRow(props: HoldingProps) {
  useTick();
  const { position, snapshots, share, accountNames, currency, open, toggle } = props;
  const mark = markOf(position, useContext(MarketClock)());
  const details = `accounts-${position.instrument}`;
  return (
    <tbody class={`holding mark-${mark.kind}${open ? " open" : ""}`}>
      <tr
        class="row"
        data-testid="holdings-row"
        data-symbol={position.symbol}
        onClick={() => toggle(position.instrument)}
      >
        <th scope="row" class="col-symbol">
          <Name position={position} open={open} details={details} />
        </th>
        <td class="col-badges">
          <Badges institutions={position.institutions} />
        </td>
        <td class="number">
          <Quantity position={position} />
        </td>
        <td class="number">
          <PriceCell position={position} mark={mark} snapshots={snapshots} />
        </td>
        <td class="number">
          <Amount
            value={position.market_value}
            text={format.money(position.market_value, currency)}
            snapshots={snapshots}
            className="strong"
          />
          <span class="sub">{share}</span>
        </td>
        <td class="number">
          {mark.kind !== "cash" && <DayChange position={position} currency={currency} />}
        </td>
        <td class="number">
          {mark.kind !== "cash" && <Gain position={position} currency={currency} />}
        </td>
      </tr>
      {open && (
        <tr class="details" id={details}>
          <td colSpan={COLUMNS_COUNT}>
            <Contributions position={position} accountNames={accountNames} currency={currency} mark={mark} />
          </td>
        </tr>
      )}
    </tbody>
  );
});

/** The name is the button: it takes the keyboard's focus and tells whether the row is open. */
function Name({ position, open, details }: { position: Position; open: boolean; details: string }) {
  return (
    <button type="button" class="name" aria-expanded={open} {...(open ? { "aria-controls": details } : {})}>
      <span class="chevron" aria-hidden="true" />
      <span class="name-text">
        <span class="symbol">
          {displaySymbol(position.symbol)}
          <ClassNames position={position} />
        </span>
        <span class="sub full-name" title={position.name}>
          {position.name}
        </span>
      </span>
    </button>
  );
}

export function Quantity({ position }: { position: Position }) {
  return (
    <>
      <span title={format.quantity(position.quantity)}>{format.shortQuantity(position.quantity)}</span>
      {position.multiplier !== 1 && <span class="sub">× {format.quantity(position.multiplier)}</span>}
    </>
  );
}

export function PriceCell({ position, mark, snapshots }: { position: Position; mark: Mark; snapshots: number }) {
  if (mark.kind === "cash") {
    const foreign = position.fx_rate !== null && position.fx_rate !== 1;
    return foreign ? <span class="sub">at {position.fx_rate}</span> : null;
  }
  return (
    <span title={mark.reason}>
      <Amount value={position.price} text={format.price(position.price, position.currency)} snapshots={snapshots} />
      <span class="sub">
        <MarkChip mark={mark} />
        {mark.kind === "live" && <PriceAge time={position.price_time} />}
      </span>
    </span>
  );
}

interface FigureProps {
  position: Position;
  currency: string;
}

export function DayChange({ position, currency }: FigureProps) {
  return (
    <Change
      amount={position.day_change}
      pct={position.day_change_pct}
      currency={currency}
      stacked
    />
  );
}

export function Gain({ position, currency }: FigureProps) {
  return (
    <Change
      amount={position.unrealized_gain}
      pct={position.unrealized_gain_pct}
      currency={currency}
      stacked
    />
  );
}
