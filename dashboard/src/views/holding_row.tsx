/** A holding as a table row; opens into its accounts. */

import { useContext } from "preact/hooks";
import type { Position } from "navstream-client";

import * as format from "../format";
import { displaySymbol } from "../instrument";
import { markOf, type Mark, type MarkKind } from "../mark";
import { reasonText } from "../reasons";
import { Contributions } from "./contributions";
import { Display } from "./display";
import { COLUMNS } from "./holdings_head";
import type { HoldingProps } from "./holdings_list";
import { MarketClock, useTick } from "./hooks";
import { memo } from "./memo";
import { Sparkline } from "./sparkline";
import { Amount, Badges, Change, ClassNames, MarkChip, PriceAge } from "./parts";
import { tip } from "./tips";

/** Marks whose chip does not say how old they are. */
const AGED: ReadonlySet<MarkKind> = new Set(["live", "extended", "quote", "halted"]);

export const HoldingRow = memo(function HoldingRow(props: HoldingProps) {
  useTick();
  useContext(Display);
  const { lineKey, position, snapshots, share, accountNames, currency, open, toggle, place } = props;
  const mark = markOf(position, useContext(MarketClock)());
  const details = `accounts-${lineKey.replaceAll(" ", "-")}`;
  return (
    <tbody class={`holding mark-${mark.kind}${open ? " open" : ""}`} data-key={lineKey}>
      <tr
        class="row"
        data-testid="holdings-row"
        data-symbol={position.symbol}
        aria-rowindex={place + 1}
        onClick={() => toggle(lineKey)}
      >
        <th scope="row" class="col-symbol">
          <Name position={position} open={open} details={details} />
        </th>
        <td class="col-badges">
          <Badges institutions={position.institutions} />
        </td>
        <td class="col-spark">
          {mark.kind !== "cash" && <Sparkline position={position} />}
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
        <td class="number col-cost">{mark.kind !== "cash" && <Cost position={position} currency={currency} />}</td>
        <td class="number">
          {mark.kind !== "cash" && <DayChange position={position} currency={currency} />}
        </td>
        <td class="number">
          {mark.kind !== "cash" && <Gain position={position} currency={currency} />}
        </td>
      </tr>
      {open && (
        <tr class="details" id={details}>
          <td colSpan={COLUMNS.length}>
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
    <button type="button" class="name" data-row-button aria-expanded={open} {...(open ? { "aria-controls": details } : {})}>
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
      {position.multiplier !== 1 && <span class="sub">× {format.multiplier(position.multiplier)}</span>}
    </>
  );
}

export function PriceCell({ position, mark, snapshots }: { position: Position; mark: Mark; snapshots: number }) {
  if (mark.kind === "cash") {
    const foreign = position.fx_rate !== null && position.fx_rate !== 1;
    return foreign ? <span class="sub">at {position.fx_rate}</span> : null;
  }
  return (
    <span data-tip={mark.reason}>
      <Amount value={position.price} text={format.price(position.price, position.currency)} snapshots={snapshots} />
      <span class="sub">
        <MarkChip mark={mark} />
        {AGED.has(mark.kind) && <PriceAge time={position.price_time} />}
      </span>
    </span>
  );
}

interface FigureProps {
  position: Position;
  currency: string;
  inButton?: boolean;
}

export function DayChange({ position, currency, inButton = false }: FigureProps) {
  return (
    <Change
      amount={position.day_change}
      pct={position.day_change_pct}
      currency={currency}
      reason={reasonText(position.change_reasons["day"])}
      inButton={inButton}
      stacked
    />
  );
}

export function Cost({ position, currency }: FigureProps) {
  const unknown = position.cost_basis === null ? reasonText("no_cost_basis") : null;
  return (
    <span {...(unknown === null ? {} : tip(unknown))}>
      {format.money(position.cost_basis, currency)}
      {unknown !== null && <span class="sr-only">: {unknown}</span>}
      <span class="sub">{position.average_cost !== null && format.price(position.average_cost, position.currency)}</span>
    </span>
  );
}

export function Gain({ position, currency }: FigureProps) {
  return (
    <Change
      amount={position.unrealized_gain}
      pct={position.unrealized_gain_pct}
      currency={currency}
      reason={reasonText(position.cost_basis === null ? "no_cost_basis" : position.unpriced_reason)}
      stacked
    />
  );
}
