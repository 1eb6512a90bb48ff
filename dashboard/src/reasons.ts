/** Why a figure is unknown, as sentences. Pure. */

const SENTENCES: Record<string, string> = {
  no_price: "No usable price is known.",
  no_fx_rate: "No exchange rate is known.",
  no_previous_close: "The previous close is not known.",
  no_session_close: "The official close of today is not known yet.",
  no_cost_basis: "The institution does not tell what was paid.",
  trades_unknown: "What was bought and sold today is not known yet.",
  partial: "Known for a part of the holdings only.",
  round_the_clock: "It trades round the clock, without sessions.",
  has_sessions: "Nothing here trades round the clock.",
  no_price_since: "No price since midnight in New York.",
  no_price_since_open: "No price since the open.",
  no_extended_price: "No price outside regular hours yet.",
  no_overnight_price: "No price overnight yet.",
  regular_session: "The regular session is under way.",
  before_open: "The regular session has not begun.",
  nothing_held: "Nothing is held.",
};

/** Return the sentence of a reason's code; a code of a later version is shown as words. */
export function reasonText(code: string | null | undefined): string | null {
  return code == null ? null : (SENTENCES[code] ?? `Not known: ${code.replaceAll("_", " ")}.`);
}
