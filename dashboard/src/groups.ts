/** Holdings as the lines of a list: rows, grouped or not, filtered and in order. Pure. */

import type { Position } from "navstream-client";

import { className } from "./instrument";
import type { Account } from "./rest";
import { inOrder, matching, type Sort } from "./rows";

export type GroupBy = "none" | "account" | "class" | "institution";

export const GROUPINGS: Record<GroupBy, string> = {
  none: "No groups",
  account: "By account",
  class: "By class",
  institution: "By institution",
};

/** One instrument over all accounts, or (grouped by account or institution) in one of them. */
export interface Row {
  kind: "row";
  key: string;
  position: Position;
  account: Account | null;
}
export interface Group {
  kind: "group";
  key: string;
  name: string;
  count: number;
  /** In the user's currency where all rows are; of those that have a value. */
  value: number | null;
  /** Null as soon as one of its holdings has none. */
  dayChange: number | null;
}
export type Line = Row | Group;

/** The rows to choose from: one list over all accounts, and one for each account. */
export interface Holdings {
  all: readonly Position[];
  byAccount: readonly { account: Account; positions: readonly Position[] | null }[];
}

export interface Wanted {
  groupBy: GroupBy;
  /** One asset class; null for all. */
  assetClass: string | null;
  query: string;
  sort: Sort;
}

/** Return the lines to show, groups by their value. */
export function linesOf(holdings: Holdings, wanted: Wanted): Line[] {
  if (wanted.groupBy === "none") {
    return rowsOf(holdings.all, null, wanted);
  }
  const groups = new Map<string, { name: string; rows: Row[] }>();
  const add = (key: string, name: string, rows: Row[]): void => {
    const group = groups.get(key) ?? { name, rows: [] };
    group.rows.push(...rows);
    groups.set(key, group);
  };
  if (wanted.groupBy === "class") {
    for (const row of rowsOf(holdings.all, null, wanted)) {
      add(row.position.asset_class, className(row.position.asset_class), [row]);
    }
  } else {
    for (const { account, positions } of holdings.byAccount) {
      const rows = rowsOf(positions ?? [], account, wanted);
      if (wanted.groupBy === "account") {
        add(account.id, `${account.name}, ${account.institution}`, rows);
      } else {
        add(account.institution, account.institution, rows);
      }
    }
  }
  return [...groups]
    .filter(([, { rows }]) => rows.length > 0)
    .map(([key, { name, rows }]) => [groupOf(key, name, rows), ...ordered(rows, wanted.sort)] as const)
    .sort(([a], [b]) => (b.value ?? 0) - (a.value ?? 0) || a.name.localeCompare(b.name, "en"))
    .flat();
}

/** Return the asset classes that are held, by name. */
export function classesOf(positions: readonly Position[]): string[] {
  return [...new Set(positions.map((position) => position.asset_class))].sort((a, b) =>
    className(a).localeCompare(className(b), "en"),
  );
}

function rowsOf(positions: readonly Position[], account: Account | null, wanted: Wanted): Row[] {
  const { assetClass, query, sort } = wanted;
  const ofClass = assetClass === null ? positions : positions.filter((each) => each.asset_class === assetClass);
  return inOrder(matching(ofClass, query), sort).map((position) => ({
    kind: "row",
    key: account === null ? position.instrument : `${account.id} ${position.instrument}`,
    position,
    account,
  }));
}

/** An institution's rows come from several accounts. */
function ordered(rows: readonly Row[], sort: Sort): Row[] {
  const byPosition = new Map(rows.map((row) => [row.position, row]));
  return inOrder([...byPosition.keys()], sort).flatMap((position) => byPosition.get(position) ?? []);
}

function groupOf(key: string, name: string, rows: readonly Row[]): Group {
  const positions = rows.map(({ position }) => position);
  const moving = positions.filter((position) => position.asset_class !== "cash");
  const known = positions.flatMap(({ market_value }) => market_value ?? []);
  return {
    kind: "group",
    key: `group ${key}`,
    name,
    count: rows.length,
    value: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
    dayChange: moving.some(({ day_change }) => day_change === null)
      ? null
      : moving.reduce((sum, { day_change }) => sum + (day_change ?? 0), 0),
  };
}
