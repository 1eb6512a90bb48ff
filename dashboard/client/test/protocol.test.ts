import { describe, expect, it } from "vitest";

import { parseMessage } from "../src/protocol";

describe("parseMessage", () => {
  it("reads known messages and ignores later ones", () => {
    expect(parseMessage('{"type":"pong","id":1}')).toEqual({ type: "pong", id: 1 });
    expect(parseMessage('{"type":"fireworks"}')).toBeNull();
  });

  it.each(["", "[1]x", "null", '"pong"', "{}"])("refuses %j", (text) => {
    expect(() => parseMessage(text)).toThrow(SyntaxError);
  });
});
