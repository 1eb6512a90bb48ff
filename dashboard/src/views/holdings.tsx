/** The holdings: filtered, grouped, in order; a table on a desk, cards on a phone. */

import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import { accountPositionsOf, type AccountPosition, type Position } from "navstream-client";

import { csvOf } from "../csv";
import { classesOf, linesOf, type GroupBy, type Row, type Wanted } from "../groups";
import type { Account } from "../rest";
import { FIRST_SORT } from "../rows";
import * as current from "../state";
import type { State } from "../state";
import { HoldingsList } from "./holdings_list";
import { HoldingsTools } from "./holdings_tools";
import { MarketClock, useMedia } from "./hooks";
import { useCalmLines } from "./lines";

const WIDEST_PHONE = "(max-width: 900px)";

/** `followAccounts` asks for the rows of each account while they are grouped so. */
export function HoldingsView(props: { state: State; currency: string; followAccounts: (wanted: boolean) => void }) {
  const { state, currency, followAccounts } = props;
  const [wanted, setWanted] = useState<Wanted>({ groupBy: "none", assetClass: null, query: "", sort: FIRST_SORT });
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const narrow = useMedia(WIDEST_PHONE);
  const now = useContext(MarketClock);
  const all = current.positionsOf(state);
  const perAccount = wanted.groupBy === "account" || wanted.groupBy === "institution";
  useEffect(() => {
    followAccounts(perAccount);
    return () => followAccounts(false);
  }, [perAccount, followAccounts]);
  const lines = useCalmLines(
    linesOf({ all: all ?? [], byAccount: perAccount ? byAccount(state) : [] }, wanted),
    wanted,
  );
  const accountNames = useMemo(
    () => new Map(state.accounts.map((account) => [account.id, account])),
    [state.accounts],
  );
  const toggle = useCallback((key: string): void => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) {
        after.add(key);
      }
      return after;
    });
  }, []);
  const rows = lines.filter((line): line is Row => line.kind === "row");
  return (
    <section class="card holdings" aria-labelledby="holdings-title">
      <HoldingsTools
        count={all?.length ?? null}
        wanted={wanted}
        change={(change) => setWanted((before) => ({ ...before, ...change }))}
        classes={classesOf(all ?? [])}
        narrow={narrow}
        save={() => download(csvOf(rows, currency, now()), `holdings-${new Date(now()).toISOString().slice(0, 10)}.csv`)}
      />
      <HoldingsList
        lines={lines}
        narrow={narrow}
        sort={wanted.sort}
        choose={(sort) => setWanted((before) => ({ ...before, sort }))}
        shared={{
          snapshots: state.channels.get("positions")?.snapshots ?? 0,
          total: current.portfolioOf(state)?.total_value ?? null,
          accountNames,
          currency,
          open,
          toggle,
        }}
      />
      {rows.length === 0 && <p class="empty">{emptyText(all, wanted)}</p>}
    </section>
  );
}

function byAccount(state: State): { account: Account; positions: readonly Position[] | null }[] {
  return state.accounts.map((account) => ({
    account,
    positions: accountPositionsOf(state.channels.get(`positions:${account.id}`))?.map(alike) ?? null,
  }));
}

const alikes = new WeakMap<AccountPosition, Position>();

/** Return an account's row in the form of the rows over all accounts; the same one for the same row. */
function alike(row: AccountPosition): Position {
  let found = alikes.get(row);
  if (found === undefined) {
    const { account, institution, quantity, market_value } = row;
    const contributions = [{ account, institution, quantity, market_value }];
    found = { ...row, institutions: [institution], contributions };
    alikes.set(row, found);
  }
  return found;
}

const NOTHING: Record<GroupBy, string> = {
  none: "No holdings yet.",
  class: "No holdings yet.",
  account: "Waiting for each account’s values…",
  institution: "Waiting for each account’s values…",
};

function emptyText(positions: readonly Position[] | null, { groupBy, query, assetClass }: Wanted): string {
  if (positions === null) {
    return "Waiting for the first values…";
  }
  if (positions.length === 0) {
    return "No holdings yet. Connect an institution under Accounts.";
  }
  return query !== "" || assetClass !== null ? "Nothing matches." : NOTHING[groupBy];
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
