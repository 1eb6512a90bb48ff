/** Holdings as a CSV file, RFC 4180, for spreadsheets. Pure. */

import type { Row } from "./groups";
import { displaySymbol } from "./instrument";
import { markOf } from "./mark";

const COLUMNS = [
  "instrument", "name", "class", "institutions", "account", "quantity", "multiplier", "price", "price_currency",
  "price_time", "price_mark", "market_value", "cost_basis", "unrealized_gain", "unrealized_gain_pct", "day_change",
  "day_change_pct", "value_currency",
] as const;

/** Return the rows as text; unknown is an empty cell, `now` is market time for the marks. */
export function csvOf(rows: readonly Row[], currency: string, now: number): string {
  const lines = rows.map(({ position, account }) => {
    const mark = markOf(position, now);
    return [
      displaySymbol(position.symbol), position.name, position.asset_class, position.institutions.join("; "),
      account?.name ?? null, position.quantity, position.multiplier, position.price, position.currency,
      position.price_time, mark.label === "" ? mark.kind : mark.label, position.market_value, position.cost_basis,
      position.unrealized_gain, position.unrealized_gain_pct, position.day_change, position.day_change_pct, currency,
    ];
  });
  return [[...COLUMNS], ...lines].map((cells) => cells.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A spreadsheet takes text that begins with one of these for a formula; a quote before it keeps it text. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number | null): string {
  if (value === null) {
    return "";
  }
  if (typeof value === "number") {
    return String(value);
  }
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
