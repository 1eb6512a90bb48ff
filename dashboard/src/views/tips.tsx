/** Says what a small mark means, on hover and on keyboard focus; Escape hides it, and it can be hovered itself. */

import { useEffect, useRef, useState } from "preact/hooks";

const LINGER_MS = 200;
const EDGE_PX = 8;

/** What an element needs to have a tip; the same text must stand in it for screen readers. */
export function tip(text: string) {
  return { "data-tip": text, tabIndex: 0 };
}

interface Shown {
  text: string;
  x: number;
  top: number;
  bottom: number;
}

export function Tips() {
  const [shown, setShown] = useState<Shown | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const isShown = useRef(false);
  isShown.current = shown !== null;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = (): void => {
      clearTimeout(timer);
      setShown(null);
    };
    const show = (element: HTMLElement): void => {
      clearTimeout(timer);
      const { left, width, top, bottom } = element.getBoundingClientRect();
      setShown({ text: element.dataset["tip"] ?? "", x: left + width / 2, top, bottom });
    };
    const hovered = ({ target }: PointerEvent): void => {
      const element = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
      clearTimeout(timer);
      if (element !== null) {
        show(element);
      } else if (box.current?.contains(target as Node) !== true) {
        timer = setTimeout(hide, LINGER_MS);
      }
    };
    const focused = (): void => placeAt("[data-tip]:focus-visible");
    const scrolled = (): void => {
      if (isShown.current) {
        placeAt("[data-tip]:focus-visible, [data-tip]:hover");
      }
    };
    const placeAt = (selector: string): void => {
      const element = [...document.querySelectorAll<HTMLElement>(selector)].at(-1);
      if (element === undefined) {
        hide();
      } else {
        show(element);
      }
    };
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === "Escape") {
        hide();
      }
    };
    const listening: [string, (event: never) => void][] = [
      ["pointerover", hovered],
      ["focusin", focused],
      ["focusout", hide],
      ["keydown", pressed],
      ["scroll", scrolled],
    ];
    listening.forEach(([type, act]) => document.addEventListener(type, act as EventListener, { passive: true }));
    return () => {
      clearTimeout(timer);
      listening.forEach(([type, act]) => document.removeEventListener(type, act as EventListener));
    };
  }, []);
  return shown === null ? null : (
    <div ref={box} class="tip" style={placed(shown)} aria-hidden="true" data-testid="tip">
      {shown.text}
    </div>
  );
}

const WIDTH_PX = 280;

/** Below the element, or above it near the screen's lower edge; never beyond a side. */
function placed({ x, top, bottom }: Shown): Record<string, string> {
  const half = Math.min(WIDTH_PX, innerWidth - 2 * EDGE_PX) / 2;
  const left = Math.min(Math.max(x, half + EDGE_PX), innerWidth - half - EDGE_PX);
  const below = bottom < innerHeight * 0.75;
  return {
    left: `${left}px`,
    ...(below ? { top: `${bottom + EDGE_PX}px` } : { bottom: `${innerHeight - top + EDGE_PX}px` }),
  };
}
