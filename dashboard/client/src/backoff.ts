/** When to try again. Pure: the chance is an argument. */

import { CLOSE_OVERLOADED, CLOSE_RESTART, CLOSE_TOO_MANY } from "./protocol.ts";

const BASE_MS = 500;
const CAP_MS = 15_000;
const BUSY_FLOOR_MS = 5_000;

/**
 * Return the wait before the next attempt, milliseconds.
 *
 * Doubles with each failure up to 15 s; half of it is chance, so that a thousand dashboards do not come back in the
 * same instant. A server that said it is too busy is left alone for at least 5 s.
 *
 * @param failures attempts that failed since the stream was last live, from 0
 * @param closeCode close code of the last connection; 0 when there was none
 * @param chance 0 to 1
 */
export function retryDelayMs(failures: number, closeCode: number, chance: number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, 16));
  const delay = ceiling / 2 + (ceiling / 2) * chance;
  if (closeCode === CLOSE_OVERLOADED || closeCode === CLOSE_TOO_MANY) {
    return Math.max(BUSY_FLOOR_MS, ceiling) * (1 + chance / 2);
  }
  if (closeCode === CLOSE_RESTART && failures === 0) {
    return BASE_MS * chance;
  }
  return delay;
}
