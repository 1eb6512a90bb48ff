/** Above the holdings: search, class, grouping, and saving what is shown. */

import { useEffect, useRef } from "preact/hooks";

import { GROUPINGS, type GroupBy, type Wanted } from "../groups";
import { className } from "../instrument";
import type { SortKey } from "../rows";
import { COLUMNS } from "./holdings_head";
import { singleKeys } from "./shortcuts";

export function HoldingsTools(props: {
  count: number | null;
  wanted: Wanted;
  change: (change: Partial<Wanted>) => void;
  classes: readonly string[];
  narrow: boolean;
  save: () => void;
}) {
  const { count, wanted, change, classes, narrow, save } = props;
  return (
    <div class="card-head holdings-tools">
      <h1 id="holdings-title">
        Holdings {count !== null && <span class="count">{count}</span>}
      </h1>
      <select
        aria-label="Asset class"
        value={wanted.assetClass ?? ""}
        onChange={(event) => change({ assetClass: event.currentTarget.value === "" ? null : event.currentTarget.value })}
      >
        <option value="">All classes</option>
        {classes.map((each) => (
          <option key={each} value={each}>
            {className(each)}
          </option>
        ))}
      </select>
      <select
        aria-label="Group holdings"
        value={wanted.groupBy}
        onChange={(event) => change({ groupBy: event.currentTarget.value as GroupBy })}
      >
        {Object.entries(GROUPINGS).map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      {narrow && (
        <select
          aria-label="Sort holdings by"
          value={wanted.sort.key}
          onChange={(event) => {
            const key = event.currentTarget.value as SortKey;
            change({ sort: { key, descending: key !== "symbol" } });
          }}
        >
          {COLUMNS.map(({ key, name }) => (key === null ? null : <option value={key}>{name}</option>))}
        </select>
      )}
      <button type="button" class="button" onClick={save} data-testid="save-csv">
        Export CSV
      </button>
      <Search query={wanted.query} change={(query) => change({ query })} hint={narrow ? "Search" : "Search  /"} />
    </div>
  );
}

function Search({ query, change, hint }: { query: string; change: (query: string) => void; hint: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => singleKeys({ "/": () => field.current?.focus() }), []);
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
