/** Whether amounts are hidden, for a screen that others see. Remembered by the browser. */

import { hideAmounts } from "./format";

const KEY = "navstream.privacy";

export function amountsHidden(): boolean {
  return localStorage.getItem(KEY) === "on";
}

/** Hide or show all amounts and quantities; percentages and market prices stay. */
export function setAmountsHidden(hidden: boolean): void {
  localStorage.setItem(KEY, hidden ? "on" : "off");
  hideAmounts(hidden);
}
