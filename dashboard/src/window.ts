/** Which lines of a long list are near the screen. Pure. */

export interface Span {
  from: number;
  /** Past the last one. */
  to: number;
  /** Pixels that the lines before and after would take. */
  before: number;
  after: number;
}

/** Beyond the screen's edges so many pixels are drawn too, so that scrolling shows no blank. */
const MARGIN_PX = 800;
/** The span moves in steps of so many lines, so that not each pixel scrolled draws anew. */
const STEP = 8;

/**
 * Return the span of lines to draw.
 *
 * @param heights pixels of each line
 * @param top where the screen's upper edge is, from the list's beginning; negative while the list is further down
 * @param screen the screen's height
 */
export function spanOf(heights: readonly number[], top: number, screen: number): Span {
  const [first, last] = [top - MARGIN_PX, top + screen + MARGIN_PX];
  let at = 0;
  let [from, to] = [heights.length, 0];
  heights.forEach((height, index) => {
    if (at + height > first && at < last) {
      from = Math.min(from, index);
      to = index + 1;
    }
    at += height;
  });
  from = Math.floor(Math.min(from, to) / STEP) * STEP;
  to = Math.min(heights.length, Math.ceil(to / STEP) * STEP);
  const sum = (some: readonly number[]): number => some.reduce((total, height) => total + height, 0);
  return { from, to, before: sum(heights.slice(0, from)), after: sum(heights.slice(to)) };
}
