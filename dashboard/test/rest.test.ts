import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import * as rest from "../src/rest";

/** What the server was asked, and what it answers. */
let asked: { path: string; method?: string; headers: Record<string, string>; body?: string }[];
let answer: Response;

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (path: string, request: RequestInit) => {
    asked.push({ path, ...request } as (typeof asked)[number]);
    return answer;
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const json = (value: object, status = 200): Response => new Response(JSON.stringify(value), { status });

describe("signIn", () => {
  it("trades the code for a session, the code in the body alone", async () => {
    answer = json({ token: "t", expires_at: "2026-11-20T15:00:00Z", user: { id: "u", name: "Ada" } });
    const session = await rest.signIn("abc");
    expect(session).toEqual({ token: "t", expiresAt: Date.UTC(2026, 10, 20, 15), user: { id: "u", name: "Ada" } });
    expect(asked[0]).toMatchObject({ path: "/api/session", method: "POST", body: '{"code":"abc"}' });
    expect(asked[0]?.headers["Authorization"]).toBeUndefined();
  });
});

describe("calls of a user", () => {
  it("carry the token in the header and nowhere else", async () => {
    answer = json({ accounts: [] });
    await rest.accounts("secret");
    expect(asked[0]?.headers["Authorization"]).toBe("Bearer secret");
    expect(asked[0]?.path).toBe("/api/accounts");
    expect(asked[0]?.body).toBeUndefined();
  });

  it("are refused with the problem's own sentence", async () => {
    answer = json({ status: 401, code: "unauthenticated", detail: "the token has expired" }, 401);
    await expect(rest.connections("t")).rejects.toMatchObject({ status: 401, message: "the token has expired" });
  });

  it("are refused with a sentence of ours when the answer is no problem", async () => {
    answer = new Response("<html>bad gateway</html>", { status: 502 });
    await expect(rest.refresh("t")).rejects.toMatchObject({ status: 502, message: "The server answered 502." });
  });
});
