/** Light, dark, or as the system has it. `public/theme.js` sets a stored choice before anything is painted. */

export type Theme = "system" | "light" | "dark";

export const THEMES: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };

const KEY = "navstream.theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

/** Return the theme that was stored as text; the system's for anything else. */
export function themeOf(text: string | null): Theme {
  return ORDER.find((theme) => theme === text) ?? "system";
}

/** Return the one after it: system, light, dark, and round again. */
export function nextTheme(theme: Theme): Theme {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
}

export function storedTheme(): Theme {
  return themeOf(localStorage.getItem(KEY));
}

/** Show the page in a theme, and remember it. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset["theme"] = theme;
  }
}
