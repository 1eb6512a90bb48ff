import { describe, expect, it } from "vitest";

import { append, EMPTY } from "../src/series";
import { codeOf, restored, restoredChart } from "../src/session";

describe("codeOf", () => {
  it("finds the code of a sign-in link's fragment", () => {
    expect(codeOf("#code=abc-_1")).toBe("abc-_1");
    expect(codeOf("#x=1&code=abc")).toBe("abc");
    expect([codeOf(""), codeOf("#"), codeOf("#code="), codeOf("#token=abc")]).toEqual([null, null, null, null]);
  });
});

describe("restored", () => {
  const session = { token: "t", expiresAt: 2000, user: { id: "u", name: "Ada" } };

  it("gives back what was stored until it expires", () => {
    expect(restored(JSON.stringify(session), 1999)).toEqual(session);
    expect(restored(JSON.stringify(session), 2000)).toBeNull();
  });

  it("takes anything else for no session", () => {
    expect([null, "", "{", "null", "{}", '{"token":1}'].map((text) => restored(text, 0))).toEqual(Array(6).fill(null));
  });
});

describe("restoredChart", () => {
  const series = append(EMPTY, "2026-11-20", 1000, 5);
  const stored = JSON.stringify({ userId: "u", series });

  it("gives a user his own chart back, and nobody else's", () => {
    expect(restoredChart(stored, "u")).toEqual(series);
    expect(restoredChart(stored, "v")).toBe(EMPTY);
  });

  it("takes anything else for no chart", () => {
    expect([null, "", "{", "{}", '{"userId":"u"}', '{"userId":"u","series":{}}'].map((text) => restoredChart(text, "u"))).toEqual(
      Array(6).fill(EMPTY),
    );
  });
});
