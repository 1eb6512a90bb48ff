/** The lines of a long list: in a calm order, and only those near the screen. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Line, Wanted } from "../groups";
import { spanOf, type Span } from "../window";

/** Lines change places no more often than this, so that one can read and click them. */
const REORDER_EVERY_MS = 3_000;
/** And not while the page scrolls, nor this long after it. */
const SCROLL_RESTS_MS = 400;
/** Up to so many lines are all drawn: the browser's own search and print then find everything. */
const DRAW_ALL_UP_TO = 120;

/** Return the lines with their newest values; as these move, the order follows only every few seconds, and at rest. */
export function useCalmLines(lines: Line[], wanted: Wanted): Line[] {
  const order = useRef<{ keys: string[]; wanted: Wanted; at: number } | null>(null);
  const scrolledAt = useRef(-Infinity);
  useEffect(() => {
    const scrolled = (): void => {
      scrolledAt.current = performance.now();
    };
    addEventListener("scroll", scrolled, { passive: true });
    return () => removeEventListener("scroll", scrolled);
  }, []);
  const now = performance.now();
  const before = order.current;
  const calm = now - scrolledAt.current < SCROLL_RESTS_MS || (before !== null && now - before.at < REORDER_EVERY_MS);
  if (before !== null && before.wanted === wanted && calm) {
    const byKey = new Map(lines.map((line) => [line.key, line]));
    const kept = before.keys.flatMap((key) => byKey.get(key) ?? []);
    if (kept.length === lines.length) {
      return kept;
    }
  }
  order.current = { keys: lines.map(({ key }) => key), wanted, at: now };
  return lines;
}

export interface Heights {
  row: number;
  group: number;
}

/**
 * Return which lines to draw of a list that starts where `list` does. Closed rows and groups have the heights given
 * (the style sheet sets the same), open rows are measured as they are drawn. Before printing everything is drawn.
 */
export function useSpan(
  lines: readonly Line[],
  open: ReadonlySet<string>,
  heights: Heights,
  list: RefObject<HTMLElement | null>,
): Span {
  const measured = useRef(new Map<string, number>());
  const [, redraw] = useState(0);
  const [printing, setPrinting] = useState(false);
  const all = printing || lines.length <= DRAW_ALL_UP_TO;
  const tall = lines.map((line) =>
    line.kind === "group" ? heights.group : open.has(line.key) ? (measured.current.get(line.key) ?? heights.row) : heights.row,
  );
  const top = (): number => -(list.current?.getBoundingClientRect().top ?? 0);
  const span = all ? { from: 0, to: lines.length, before: 0, after: 0 } : spanOf(tall, top(), innerHeight);
  const shown = useRef(span);
  shown.current = span;
  const newest = useRef(tall);
  newest.current = tall;

  useEffect(() => {
    const scrolled = (): void => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const next = spanOf(newest.current, top, innerHeight);
      if (next.from !== shown.current.from || next.to !== shown.current.to) {
        redraw((count) => count + 1);
      }
    };
    if (all) {
      return;
    }
    scrolled();
    addEventListener("scroll", scrolled, { passive: true });
    addEventListener("resize", scrolled);
    return () => {
      removeEventListener("scroll", scrolled);
      removeEventListener("resize", scrolled);
    };
  }, [all, list]);

  useEffect(() => {
    const [begin, end] = [() => setPrinting(true), () => setPrinting(false)];
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);

  useLayoutEffect(() => {
    let grown = false;
    for (const element of list.current?.querySelectorAll<HTMLElement>("[data-key].open") ?? []) {
      const key = element.dataset["key"] ?? "";
      grown ||= measured.current.get(key) !== element.offsetHeight;
      measured.current.set(key, element.offsetHeight);
    }
    if (grown && !all) {
      redraw((count) => count + 1);
    }
  });
  return span;
}

/** Move the focus among the rows with j, k and the arrow keys, while it is in one of them. */
export function moveAmongRows(event: KeyboardEvent): void {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) {
    return;
  }
  const list = event.currentTarget as HTMLElement;
  const rows = [...list.querySelectorAll<HTMLElement>("[data-row-button]")];
  const next = rows[rows.indexOf(event.target) + step];
  if (rows.includes(event.target) && next !== undefined) {
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}
