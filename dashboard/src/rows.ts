/** Which holdings are shown, and in which order. Pure. */

import type { Position } from "navstream-client";

import { displaySymbol } from "./instrument";

export type SortKey = "symbol" | "quantity" | "price" | "market_value" | "cost_basis" | "day_change" | "unrealized_gain";

export interface Sort {
  key: SortKey;
  descending: boolean;
}

export const FIRST_SORT: Sort = { key: "market_value", descending: true };

/** Return the order after a click on a column: the same column turns round, another starts with its largest. */
export function sortedBy(sort: Sort, key: SortKey): Sort {
  return sort.key === key ? { key, descending: !sort.descending } : { key, descending: key !== "symbol" };
}

/** Return the positions in order; unknown values come last either way, equal ones by symbol. */
export function inOrder(positions: readonly Position[], { key, descending }: Sort): Position[] {
  const sign = descending ? -1 : 1;
  const bySymbol = (a: Position, b: Position): number =>
    displaySymbol(a.symbol).localeCompare(displaySymbol(b.symbol), "en");
  return [...positions].sort((a, b) => {
    if (key === "symbol") {
      return sign * bySymbol(a, b);
    }
    const [left, right] = [a[key], b[key]];
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null) || bySymbol(a, b);
    }
    return sign * (left - right) || bySymbol(a, b);
  });
}

/** Return the positions in whose symbol, name, class or institutions every word of the query occurs. */
export function matching(positions: readonly Position[], query: string): readonly Position[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return positions;
  }
  return positions.filter((position) => {
    const text = [
      position.symbol,
      displaySymbol(position.symbol),
      position.name,
      position.asset_class,
      ...position.institutions,
    ]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Return a position's share of the total as text, empty when it cannot be told: `12.3%`. */
export function shareOf(value: number | null, total: number | null): string {
  return value === null || total === null || total <= 0 ? "" : `${((value / total) * 100).toFixed(1)}%`.replace("-", "\u2212");
}
