/** What the total consists of, by class, institution or currency. Pure. */

import type { Position } from "navstream-client";

import { className } from "./instrument";

export type AllocationBy = "class" | "institution" | "currency";

export const ALLOCATIONS: Record<AllocationBy, string> = {
  class: "Class",
  institution: "Institution",
  currency: "Currency",
};

export interface Slice {
  name: string;
  /** In the user's currency; negative where more is owed than held. */
  value: number;
  /** Of the sum of all slices; null when that is not positive. */
  share: number | null;
  /** Length of its bar, 0 to 1: its size beside the largest one's. */
  length: number;
}

/** Return the slices, largest first; what has no value is left out, as it is of the total. */
export function allocation(positions: readonly Position[], by: AllocationBy): Slice[] {
  const values = new Map<string, number>();
  const add = (name: string, value: number | null): void => {
    if (value !== null) {
      values.set(name, (values.get(name) ?? 0) + value);
    }
  };
  for (const position of positions) {
    if (by === "institution") {
      position.contributions.forEach((part) => add(part.institution, part.market_value));
    } else {
      add(by === "class" ? className(position.asset_class) : position.currency, position.market_value);
    }
  }
  const all = [...values].map(([name, value]) => ({ name, value }));
  const total = all.reduce((sum, { value }) => sum + value, 0);
  const largest = Math.max(...all.map(({ value }) => Math.abs(value)));
  return all
    .sort((a, b) => b.value - a.value || a.name.localeCompare(b.name, "en"))
    .map(({ name, value }) => ({
      name,
      value,
      share: total > 0 ? value / total : null,
      length: largest > 0 ? Math.abs(value) / largest : 0,
    }));
}
