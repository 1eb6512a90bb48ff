/** The holdings, one row an instrument: a table on a desk, cards on a phone. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Position } from "navstream-client";

import type { Account } from "../rest";
import { FIRST_SORT, inOrder, matching, shareOf, sortedBy, type Sort, type SortKey } from "../rows";
import { HoldingCard } from "./holding_card";
import { HoldingRow } from "./holding_row";
import { useMedia } from "./hooks";

/** Rows change places no more often than this, so that one can read and click them. */
const REORDER_EVERY_MS = 3_000;

const COLUMNS: { key: SortKey | null; name: string; className: string }[] = [
  { key: "symbol", name: "Instrument", className: "col-symbol" },
  { key: null, name: "Held at", className: "col-badges" },
  { key: "quantity", name: "Quantity", className: "number col-quantity" },
  { key: "price", name: "Price", className: "number col-price" },
  { key: "market_value", name: "Market value", className: "number col-value" },
  { key: "day_change", name: "Day change", className: "number col-day" },
  { key: "unrealized_gain", name: "Unrealized gain", className: "number col-gain" },
];

export interface HoldingProps {
  position: Position;
  snapshots: number;
  /** Share of the total value, as text. */
  share: string;
  accountNames: ReadonlyMap<string, Account>;
  currency: string;
  open: boolean;
  toggle: (instrument: string) => void;
}

export function Holdings(props: {
  positions: readonly Position[] | null;
  snapshots: number;
  total: number | null;
  accounts: readonly Account[];
  currency: string;
}) {
  const { positions, snapshots, total, accounts, currency } = props;
  const [sort, setSort] = useState<Sort>(FIRST_SORT);
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const narrow = useMedia("(max-width: 900px)");
  const shown = useCalmOrder(positions ?? [], sort, query);
  const accountNames = useMemo(() => new Map(accounts.map((account) => [account.id, account])), [accounts]);
  const toggle = useCallback((instrument: string): void => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(instrument)) {
        after.add(instrument);
      }
      return after;
    });
  }, []);
  const one = (position: Position): HoldingProps => {
    const share = shareOf(position.market_value, total);
    return { position, snapshots, share, accountNames, currency, open: open.has(position.instrument), toggle };
  };
  return (
    <section class="card holdings" aria-label="Holdings">
      <div class="card-head">
        <h2>
          Holdings {positions !== null && <span class="count">{positions.length}</span>}
        </h2>
        {narrow && <SortChoice sort={sort} choose={setSort} />}
        <Search query={query} change={setQuery} hint={narrow ? "Search" : "Search  /"} />
      </div>
      {narrow ? (
        <ul class="cards">
          {shown.map((position) => (
            <HoldingCard key={position.instrument} {...one(position)} />
          ))}
        </ul>
      ) : (
        <table>
          <Head sort={sort} choose={(key) => setSort(sortedBy(sort, key))} />
          {shown.map((position) => (
            <HoldingRow key={position.instrument} {...one(position)} />
          ))}
        </table>
      )}
      {shown.length === 0 && <p class="empty">{emptyText(positions, query)}</p>}
    </section>
  );
}

function emptyText(positions: readonly Position[] | null, query: string): string {
  if (positions === null) {
    return "Waiting for the first values…";
  }
  return positions.length === 0 ? "No holdings yet." : `Nothing matches “${query}”.`;
}

/** Return the positions filtered and ordered; as values move, the order follows only every few seconds. */
function useCalmOrder(positions: readonly Position[], sort: Sort, query: string): Position[] {
  const order = useRef<{ ids: string[]; sort: Sort; query: string; count: number; at: number } | null>(null);
  const found = matching(positions, query);
  const before = order.current;
  const now = performance.now();
  if (
    before === null ||
    before.sort !== sort ||
    before.query !== query ||
    before.count !== found.length ||
    now - before.at > REORDER_EVERY_MS
  ) {
    const sorted = inOrder(found, sort);
    order.current = { ids: sorted.map((position) => position.instrument), sort, query, count: found.length, at: now };
    return sorted;
  }
  const byId = new Map(found.map((position) => [position.instrument, position]));
  const kept = before.ids.flatMap((id) => byId.get(id) ?? []);
  return kept.length === found.length ? kept : inOrder(found, sort);
}

function Head({ sort, choose }: { sort: Sort; choose: (key: SortKey) => void }) {
  return (
    <thead>
      <tr>
        {COLUMNS.map(({ key, name, className }) => {
          const sorted = key === sort.key;
          return (
            <th
              key={name}
              scope="col"
              class={className}
              {...(sorted ? { "aria-sort": sort.descending ? "descending" : "ascending" } : {})}
            >
              {key === null ? (
                name
              ) : (
                <button type="button" class={`sort${sorted ? " sorted" : ""}`} onClick={() => choose(key)}>
                  {name}
                  <span class="sort-arrow" aria-hidden="true">
                    {sorted && !sort.descending ? "↑" : "↓"}
                  </span>
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function SortChoice({ sort, choose }: { sort: Sort; choose: (sort: Sort) => void }) {
  return (
    <select
      aria-label="Sort holdings by"
      value={sort.key}
      onChange={(event) => {
        const key = event.currentTarget.value as SortKey;
        choose({ key, descending: key !== "symbol" });
      }}
    >
      {COLUMNS.map(({ key, name }) => (key === null ? null : <option value={key}>{name}</option>))}
    </select>
  );
}

function Search({ query, change, hint }: { query: string; change: (query: string) => void; hint: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, select, textarea");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        field.current?.focus();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return (
    <input
      ref={field}
      class="search"
      type="search"
      placeholder={hint}
      aria-label="Search holdings"
      value={query}
      onInput={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          change("");
        }
      }}
    />
  );
}
