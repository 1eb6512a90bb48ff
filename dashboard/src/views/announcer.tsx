/** Tells screen readers the total, politely and at most every 30 seconds. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Figures } from "navstream-client";

import * as format from "../format";

const EVERY_MS = 30_000;

export function Announcer({ figures, offline }: { figures: Figures | null; offline: boolean }) {
  const newest = useRef({ figures, offline });
  newest.current = { figures, offline };
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setInterval(() => {
      const { figures: now, offline: lost } = newest.current;
      if (now !== null && !lost) {
        const today = format.change(now.day_change, now.currency);
        setText(`Total value ${format.money(now.total_value, now.currency)}, change today ${today}`);
      }
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="sr-only" aria-live="polite">
      {text}
    </div>
  );
}
