/** The columns of the holdings, and their sorting. */

import { sortedBy, type Sort, type SortKey } from "../rows";

export const COLUMNS: { key: SortKey | null; name: string; className: string }[] = [
  { key: "symbol", name: "Instrument", className: "col-symbol" },
  { key: null, name: "Held at", className: "col-badges" },
  { key: null, name: "Today", className: "col-spark" },
  { key: "quantity", name: "Quantity", className: "number col-quantity" },
  { key: "price", name: "Price", className: "number col-price" },
  { key: "market_value", name: "Market value", className: "number col-value" },
  { key: "cost_basis", name: "Cost", className: "number col-cost" },
  { key: "day_change", name: "Day change", className: "number col-day" },
  { key: "unrealized_gain", name: "Unrealized gain", className: "number col-gain" },
];

export function Head({ sort, choose }: { sort: Sort; choose: (sort: Sort) => void }) {
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
                <button type="button" class={`sort${sorted ? " sorted" : ""}`} onClick={() => choose(sortedBy(sort, key))}>
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
