/** The lines of the holdings, as rows of a table or as cards; of a long list only what is near the screen. */

import { useRef } from "preact/hooks";
import type { Position } from "navstream-client";

import * as format from "../format";
import type { Group, Line } from "../groups";
import type { Account } from "../rest";
import { shareOf, type Sort } from "../rows";
import { HoldingCard } from "./holding_card";
import { HoldingRow } from "./holding_row";
import { COLUMNS, Head } from "./holdings_head";
import { moveAmongRows, useSpan } from "./lines";
import { Change } from "./parts";

/** Pixels; the style sheet sets the same. */
const TABLE = { row: 59, group: 44 };
const CARDS = { row: 84, group: 44 };

export interface HoldingProps {
  lineKey: string;
  position: Position;
  snapshots: number;
  /** Share of the total value, as text. */
  share: string;
  accountNames: ReadonlyMap<string, Account>;
  currency: string;
  open: boolean;
  toggle: (key: string) => void;
  /** Its place among all lines, from 1, for screen readers. */
  place: number;
  count: number;
}

export interface Shared {
  snapshots: number;
  total: number | null;
  accountNames: ReadonlyMap<string, Account>;
  currency: string;
  open: ReadonlySet<string>;
  toggle: (key: string) => void;
}

export function HoldingsList(props: {
  lines: readonly Line[];
  narrow: boolean;
  sort: Sort;
  choose: (sort: Sort) => void;
  shared: Shared;
}) {
  const { lines, narrow, sort, choose, shared } = props;
  const list = useRef<HTMLElement>(null);
  const span = useSpan(lines, shared.open, narrow ? CARDS : TABLE, list);
  const drawn = lines.slice(span.from, span.to);
  const holding = (key: string, position: Position, place: number): HoldingProps => ({
    lineKey: key,
    position,
    snapshots: shared.snapshots,
    share: shareOf(position.market_value, shared.total),
    accountNames: shared.accountNames,
    currency: shared.currency,
    open: shared.open.has(key),
    toggle: shared.toggle,
    place,
    count: lines.length,
  });
  if (narrow) {
    return (
      <ul class="cards" ref={list as preact.RefObject<HTMLUListElement>} onKeyDown={moveAmongRows}>
        {span.before > 0 && <li aria-hidden="true" style={{ height: `${span.before}px` }} />}
        {drawn.map((line, index) =>
          line.kind === "group" ? (
            <li key={line.key} class="group group-card">
              <GroupName group={line} currency={shared.currency} />
            </li>
          ) : (
            <HoldingCard key={line.key} {...holding(line.key, line.position, span.from + index + 1)} />
          ),
        )}
        {span.after > 0 && <li aria-hidden="true" style={{ height: `${span.after}px` }} />}
      </ul>
    );
  }
  return (
    <table
      ref={list as preact.RefObject<HTMLTableElement>}
      onKeyDown={moveAmongRows}
      aria-labelledby="holdings-title"
      aria-rowcount={lines.length + 1}
    >
      <Head sort={sort} choose={choose} />
      <Gap height={span.before} />
      {drawn.map((line, index) =>
        line.kind === "group" ? (
          <tbody key={line.key} class="group">
            <tr aria-rowindex={span.from + index + 2}>
              <th scope="rowgroup" colSpan={COLUMNS.length}>
                <GroupName group={line} currency={shared.currency} />
              </th>
            </tr>
          </tbody>
        ) : (
          <HoldingRow key={line.key} {...holding(line.key, line.position, span.from + index + 1)} />
        ),
      )}
      <Gap height={span.after} />
    </table>
  );
}

function Gap({ height }: { height: number }) {
  return height === 0 ? null : (
    <tbody aria-hidden="true">
      <tr>
        <td colSpan={COLUMNS.length} style={{ height: `${height}px`, padding: 0 }} />
      </tr>
    </tbody>
  );
}

function GroupName({ group, currency }: { group: Group; currency: string }) {
  return (
    <span class="group-line" data-testid="group">
      <span>
        {group.name} <span class="count">{group.count}</span>
      </span>
      <span class="group-figures">
        <Change amount={group.dayChange} pct={null} currency={currency} reason="Not known for one of its holdings." />
        <strong>{format.money(group.value, currency)}</strong>
      </span>
    </span>
  );
}
