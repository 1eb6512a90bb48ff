/** What views share: a slow tick, the calm flash of a changed figure, media queries, market time. */

import { createContext, type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Point } from "../series";

/** Market time, ms; provided by the app. */
export const MarketClock = createContext<() => number>(Date.now);

/** Which badge colour an institution has; provided by the app. */
export const Hues = createContext<ReadonlyMap<string, number>>(new Map());

/** An instrument's prices of the day; provided by the app. */
export const Sparks = createContext<(instrument: string) => readonly Point[]>(() => []);

const FLASH_MS = 700;
const FLASH_PAUSE_MS = 1_200;

const ticking = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | undefined;

/** Render again every second, all at once. */
export function useTick(): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const tick = (): void => setCount((count) => count + 1);
    ticking.add(tick);
    ticker ??= setInterval(() => ticking.forEach((each) => each()), 1000);
    return () => {
      ticking.delete(tick);
      if (ticking.size === 0) {
        clearInterval(ticker);
        ticker = undefined;
      }
    };
  }, []);
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = (): void => setMatches(media.matches);
    changed();
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return matches;
}

/**
 * Return a ref for an element that fades briefly from a colour when the value moves. Never on a snapshot (`snapshots`
 * rose), never under reduced motion, and not again within 1.2 s.
 */
export function useFlash<Element extends HTMLElement>(
  value: number | null,
  snapshots: number,
  property: "backgroundColor" | "color" = "backgroundColor",
): RefObject<Element | null> {
  const element = useRef<Element | null>(null);
  const last = useRef({ value, snapshots, flashedAt: 0 });
  useEffect(() => {
    const { value: before, snapshots: snapshotsBefore, flashedAt } = last.current;
    const now = performance.now();
    const moved = value !== null && before !== null && value !== before && snapshots === snapshotsBefore;
    const flash = moved && now - flashedAt > FLASH_PAUSE_MS && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (flash) {
      const way = value > before ? "up" : "down";
      const first = property === "color" ? `var(--${way})` : `var(--flash-${way})`;
      element.current?.animate([{ [property]: first }, {}], {
        duration: FLASH_MS,
        easing: "ease-out",
      });
    }
    last.current = { value, snapshots, flashedAt: flash ? now : flashedAt };
  }, [value, snapshots, property]);
  return element;
}

/** Return whether the connection has been away for so long that the user should know. */
export function useOffline(since: number | null, quietMs: number): boolean {
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    if (since === null) {
      setOffline(false);
      return;
    }
    const timer = setTimeout(() => setOffline(true), Math.max(0, since + quietMs - Date.now()));
    return () => clearTimeout(timer);
  }, [since, quietMs]);
  return offline && since !== null;
}
