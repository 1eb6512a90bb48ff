import { describe, expect, it } from "vitest";

import { nextTheme, themeOf } from "../src/theme";

describe("theme", () => {
  it("is what was chosen, and the system's for anything else", () => {
    expect([null, "", "light", "dark", "sepia"].map(themeOf)).toEqual(["system", "system", "light", "dark", "system"]);
  });

  it("goes round", () => {
    expect(nextTheme("system")).toBe("light");
    expect(nextTheme("light")).toBe("dark");
    expect(nextTheme("dark")).toBe("system");
  });
});
