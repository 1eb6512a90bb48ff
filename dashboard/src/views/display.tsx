/** How the page is shown: theme, and amounts hidden or not. Its buttons and keys. */

import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";

import { amountsHidden, setAmountsHidden } from "../privacy";
import { chooseTheme, nextTheme, storedTheme, THEMES, type Theme } from "../theme";
import { singleKeys } from "./shortcuts";

export interface Shown {
  theme: Theme;
  /** Amounts and quantities are dots. */
  hidden: boolean;
  changeTheme: () => void;
  toggleHidden: () => void;
}

/** Provided by the app; a memoized view that shows amounts reads it, to be drawn anew when they are hidden. */
export const Display = createContext<Shown>({
  theme: "system",
  hidden: false,
  changeTheme: () => {},
  toggleHidden: () => {},
});

/** Return how the page is shown, the same in every tab of this browser. */
export function useDisplay(): Shown {
  const [theme, setTheme] = useState(storedTheme);
  const [hidden, setHidden] = useState(() => {
    setAmountsHidden(amountsHidden());
    return amountsHidden();
  });
  const shown = useMemo<Shown>(() => {
    const changeTheme = (): void => {
      chooseTheme(nextTheme(storedTheme()));
      setTheme(storedTheme());
    };
    const toggleHidden = (): void => {
      setAmountsHidden(!amountsHidden());
      setHidden(amountsHidden());
    };
    return { theme, hidden, changeTheme, toggleHidden };
  }, [theme, hidden]);
  useEffect(() => {
    const elsewhere = (): void => {
      chooseTheme(storedTheme());
      setTheme(storedTheme());
      setAmountsHidden(amountsHidden());
      setHidden(amountsHidden());
    };
    addEventListener("storage", elsewhere);
    return () => removeEventListener("storage", elsewhere);
  }, []);
  useEffect(() => singleKeys({ p: shown.toggleHidden, t: shown.changeTheme }), [shown]);
  return shown;
}

const ICONS: Record<Theme | "shown" | "hidden", string> = {
  system: "M3 4.5h14v9H3zM7.5 16.5h5",
  light: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2",
  dark: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  shown: "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM10 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8",
  hidden: "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM3.5 16.5l13-13",
};

export function DisplayButtons() {
  const { theme, hidden, changeTheme, toggleHidden } = useContext(Display);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-pressed={hidden}
        aria-label="Hide amounts"
        title={hidden ? "Show amounts (p)" : "Hide amounts (p)"}
        data-testid="privacy"
        onClick={toggleHidden}
      >
        <Icon path={ICONS[hidden ? "hidden" : "shown"]} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={`Theme: ${THEMES[theme]}`}
        title={`Theme: ${THEMES[theme]} (t)`}
        data-testid="theme"
        onClick={changeTheme}
      >
        <Icon path={ICONS[theme]} />
      </button>
    </>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
