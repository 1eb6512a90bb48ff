/** How an instrument is called on screen. Pure. */

import { day } from "./format";

const OCC = /^([A-Z.]{1,6})\s*(\d{2})(\d{2})(\d{2})([CP])(\d{8})$/;

/**
 * Return the short name of an instrument: `AAPL Jan 15 ’27 250 C` for an OCC symbol, `EUR` for CUR:EUR, and an
 * institution's own code (`NHX105509@ins_1`) without the institution.
 */
export function displaySymbol(symbol: string): string {
  if (symbol.startsWith("CUR:")) {
    return symbol.slice(4);
  }
  const option = OCC.exec(symbol);
  if (option === null) {
    return symbol.replace(/(.)@.*$/, "$1");
  }
  const [, root, year, month, date, right, strike] = option;
  return `${root} ${day(`20${year}-${month}-${date}`)} ’${year} ${Number(strike) / 1000} ${right}`;
}

/** Return up to two initials of an institution, `IB` for `Interactive Brokers`. */
export function initials(institution: string): string {
  const words = institution.replace(/[^\p{L}\p{N}\s]/gu, "").split(/\s+/).filter(Boolean);
  const [first = "?", second] = words;
  return (second === undefined ? first.slice(0, 2) : first.charAt(0) + second.charAt(0)).toUpperCase();
}

/**
 * Return a colour, 0 to `count` - 1, for each institution: always the same one for the same set, and no two alike
 * while there are enough colours.
 */
export function hues(institutions: readonly string[], count: number): ReadonlyMap<string, number> {
  const chosen = new Map<string, number>();
  const taken = new Set<number>();
  for (const institution of [...new Set(institutions)].sort()) {
    let hue = hash(institution) % count;
    while (taken.has(hue) && taken.size < count) {
      hue = (hue + 1) % count;
    }
    taken.add(hue);
    chosen.set(institution, hue);
  }
  return chosen;
}

function hash(text: string): number {
  let value = 2166136261;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 16777619);
  }
  return (value ^ (value >>> 15)) >>> 0;
}

const CLASS_NAMES: Record<string, string> = {
  equity: "Stock",
  etf: "ETF",
  mutual_fund: "Fund",
  option: "Option",
  crypto: "Crypto",
  bond: "Bond",
  cash: "Cash",
  other: "Other",
};

export function className(assetClass: string): string {
  return CLASS_NAMES[assetClass] ?? assetClass;
}

const PROVIDERS: Record<string, string> = { plaid: "Plaid", snaptrade: "SnapTrade", alpaca: "Alpaca" };

export function providerName(provider: string): string {
  return PROVIDERS[provider] ?? provider;
}
