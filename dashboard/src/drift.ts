/** What sets an account's total apart from its provider's, in words. Pure. */

import type { DriftCause, Reconciliation } from "navstream-client";

import * as format from "./format";
import { providerName } from "./instrument";
import type { ProviderName } from "./rest";

const CAUSES: Record<DriftCause, string> = {
  missing_fx: "Probably amounts in several currencies are added up without converting them.",
  pseudo_ticker: "Probably a line that only the institution knows: it has no price, or is no holding.",
  no_price: "A holding came without a price.",
  cash_equivalents: "Probably money-market funds count as holdings and as cash.",
  margin: "Probably a margin loan is in one of the two totals only.",
  cash_twice: "Probably cash counts twice in one of the two totals.",
  option_multiplier: "Probably an option’s price is taken per contract in one total, per share in the other.",
  split: "Probably a split is in the price and not yet in the quantity, or the other way round.",
  trade_today: "Probably a trade of the last days is booked in the holdings and not yet in the cash, or the other way round.",
  unknown: "We do not know why.",
};

/** Return a sentence about a drift that marks its account; null when there is none. */
export function driftSentence(found: Reconciliation | null, provider: ProviderName): string | null {
  if (found === null || !found.marked || found.drift === null) {
    return null;
  }
  const amount = format.money(Math.abs(found.drift), found.currency);
  const way = found.drift > 0 ? "more" : "less";
  const cause = CAUSES[found.cause ?? "unknown"] ?? CAUSES.unknown;
  return `The holdings add up to ${amount} ${way} than the total that ${providerName(provider)} reports. ${cause}`;
}
