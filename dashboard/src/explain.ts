/** Why a total is what it is: the server's explanation, as rows of text. Pure. */

import type { Figures, Position } from "navstream-client";

import * as format from "./format";
import { displaySymbol } from "./instrument";
import { SOURCES } from "./mark";

/** Totals that are sums of lines; null where nothing has one. */
export interface Sums {
  market_value: number | null;
  cash: number | null;
  total_value: number | null;
  cost_basis: number | null;
  unrealized_gain: number | null;
  day_change: number | null;
}

export interface ExplainedLine {
  position: Position;
  price_age_s: number | null;
  price_session: string | null;
  product: number | null;
  previous_value: number | null;
  omissions: { total: string; reason: string }[];
}

/** Answer of `GET /api/accounts/{id}/explain` and `/api/portfolio/explain`; figures = sums + not_in_lines + rounding. */
export interface Explanation {
  account: string | null;
  as_of: string;
  live: boolean;
  accounts: Record<string, { name: string; institution: string; holdings_as_of: string | null; age_s: number | null }>;
  figures: Figures;
  lines: ExplainedLine[];
  sums: Sums;
  not_in_lines: Sums;
  rounding: Sums;
}

export interface LineRow {
  instrument: string;
  symbol: string;
  /** The factors of the value: quantity × multiplier × price × exchange rate. */
  factors: string;
  source: string;
  value: string;
  previousClose: string;
  change: string;
  remarks: string[];
}

export interface SumRow {
  name: string;
  value: string;
  change: string;
}

const REASONS: Record<string, string> = {
  no_price: "no usable price",
  no_fx_rate: "no exchange rate",
  no_previous_close: "no previous close",
  no_cost_basis: "cost unknown",
  trades_unknown: "trades of the day unknown",
};
const TOTALS: Record<string, string> = {
  total_value: "the total",
  day_change: "the day change",
  cost_basis: "the cost basis",
  unrealized_gain: "the gain",
};

export function lineRows({ lines, figures }: Explanation): LineRow[] {
  return lines.map((line) => ({
    instrument: line.position.instrument,
    symbol: displaySymbol(line.position.symbol),
    factors: factors(line.position),
    source: source(line),
    value: format.money(line.position.market_value, figures.currency),
    previousClose: previousClose(line.position),
    change: format.change(line.position.day_change, figures.currency),
    remarks: line.omissions.map(({ total, reason }) => `Not in ${TOTALS[total] ?? total}: ${REASONS[reason] ?? reason}`),
  }));
}

/** Return the rows below the lines: their sum, what else there is to the total, and the total. */
export function sumRows({ sums, not_in_lines, rounding, figures }: Explanation): SumRow[] {
  const row = (name: string, { total_value, day_change }: Sums | Figures): SumRow => ({
    name,
    value: format.money(total_value, figures.currency),
    change: format.change(day_change, figures.currency),
  });
  const some = ({ total_value, day_change }: Sums): boolean => (total_value ?? 0) !== 0 || (day_change ?? 0) !== 0;
  return [
    row("Sum of the lines", sums),
    ...(some(not_in_lines) ? [row("Not held any more", not_in_lines)] : []),
    ...(some(rounding) ? [row("Rounding", rounding)] : []),
    row("Total", figures),
  ];
}

/** Return where the quantities come from, a sentence an account. */
export function origins({ account, accounts }: Explanation): string[] {
  return Object.entries(accounts)
    .filter(([id]) => account === null || id === account)
    .map(([, { name, institution, age_s }]) => {
      const read = age_s === null ? "at an unknown time" : `${format.age(age_s * 1000)} before`;
      return `${name}, read at ${institution} ${read}`;
    });
}

function factors(position: Position): string {
  const { quantity, multiplier, price, fx_rate, currency } = position;
  const parts = [format.quantity(quantity)];
  if (multiplier !== 1) {
    parts.push(format.multiplier(multiplier));
  }
  if (position.asset_class !== "cash") {
    parts.push(format.price(price, currency));
  }
  if (fx_rate !== 1) {
    parts.push(fx_rate === null ? `${format.UNKNOWN} per ${currency}` : `${fx_rate} per ${currency}`);
  }
  return parts.join(" × ");
}

function source({ position, price_age_s, price_session }: ExplainedLine): string {
  if (position.asset_class === "cash" || position.price_source === null) {
    return "";
  }
  return [
    SOURCES[position.price_source],
    ...(price_session === null ? [] : [`${price_session} session`]),
    ...(price_age_s === null ? [] : [`${format.age(price_age_s * 1000)} old`]),
    ...(position.stale ? ["stale"] : []),
  ].join(", ");
}

function previousClose({ previous_close, previous_close_date, currency, asset_class }: Position): string {
  if (asset_class === "cash") {
    return "";
  }
  const date = previous_close_date === null ? "" : `, ${format.day(previous_close_date)}`;
  return `${format.price(previous_close, currency)}${date}`;
}
