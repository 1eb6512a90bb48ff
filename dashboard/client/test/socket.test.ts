import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Channels } from "../src/channels";
import { stateHash } from "../src/hash";
import { Stream, type Connection } from "../src/socket";

type Sent = { op: string; channels?: string[]; resume?: object; self_check?: boolean; token?: string };

/** The broadcaster's end of a connection. */
class FakeSocket {
  readyState = 0;
  sent: Sent[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  push(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  welcome(): void {
    this.accept();
    this.push({ type: "welcome", client_id: "c", epoch: "e1", heartbeat_s: 15, market: {} });
  }
  goLive(): void {
    this.welcome();
    this.push({ type: "subscribed", id: 1, channels: ["portfolio"], rejected: [] });
  }
  snapshot(seq: number, value: number): void {
    const data = { total_value: value };
    this.push({ type: "snapshot", channel: "portfolio", epoch: "e1", seq, as_of: "2026-11-20T15:00:00Z", data });
  }
  delta(seq: number, value: number): void {
    const data = { total_value: value };
    this.push({ type: "delta", channel: "portfolio", seq, as_of: "2026-11-20T15:00:00Z", data });
  }
  fail(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  ops(op: string): Sent[] {
    return this.sent.filter((message) => message.op === op);
  }
}

let sockets: FakeSocket[];
let connections: Connection[];
let channels: Channels;
let stream: Stream;

const newest = (): FakeSocket => sockets.at(-1)!;
const total = (): unknown => channels.get("portfolio")?.data["total_value"];

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  connections = [];
  channels = new Map();
  stream = new Stream({
    url: "ws://test/v1",
    token: "secret",
    listener: {
      connectionChanged: (connection) => connections.push(connection),
      channelsChanged: (received) => (channels = received),
    },
    open: () => {
      sockets.push(new FakeSocket());
      return newest() as unknown as WebSocket;
    },
    chance: () => 1,
  });
  stream.follow(["portfolio"]);
  stream.start();
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
});

describe("checking itself", () => {
  const check = (seq: number, value: number): object => ({
    type: "check",
    channel: "portfolio",
    seq,
    hash: stateHash({ total_value: value }),
  });
  const subscriptions = (): number => newest().ops("subscribe").length;

  beforeEach(() => {
    vi.spyOn(console, "warn").mockReturnValue();
    newest().goLive();
    newest().snapshot(1, 100);
    newest().delta(2, 105);
  });

  it("asks to be checked and is content while it agrees", () => {
    newest().push(check(2, 105));
    expect(newest().ops("subscribe")[0]?.self_check).toBe(true);
    expect(subscriptions()).toBe(1);
    expect(stream.driftedCount).toBe(0);
  });

  it("heals after it was corrupted: asks once for a snapshot, takes it, and agrees again", () => {
    channels.get("portfolio")!.data["total_value"] = 999;
    newest().push(check(2, 105));
    newest().push(check(2, 105));
    expect(stream.driftedCount).toBe(1);
    expect(subscriptions()).toBe(2);
    expect(newest().ops("subscribe").at(-1)).toMatchObject({ channels: ["portfolio"], self_check: true });
    expect(newest().ops("subscribe").at(-1)?.resume).toBeUndefined();
    newest().snapshot(3, 106);
    expect(total()).toBe(106);
    newest().push(check(3, 106));
    expect(stream.driftedCount).toBe(1);
  });

  it("asks for a snapshot when the last message never came", () => {
    newest().push(check(3, 105));
    expect(stream.driftedCount).toBe(1);
    expect(subscriptions()).toBe(2);
  });

  it("ignores checks of channels that it follows no longer", () => {
    stream.follow([]);
    newest().push(check(2, 1));
    expect(stream.driftedCount).toBe(0);
  });
});

describe("signing in", () => {
  it("sends the token in the first message and subscribes after the welcome", () => {
    newest().accept();
    expect(newest().sent).toEqual([{ op: "auth", token: "secret" }]);
    newest().welcome();
    expect(newest().ops("subscribe")[0]).toMatchObject({ channels: ["portfolio"] });
    expect(newest().ops("subscribe")[0]?.resume).toBeUndefined();
  });

  it.each([
    [4401, "expired"],
    [4403, "forbidden"],
  ])("gives up at %i: the user is signed out", (code, reason) => {
    newest().accept();
    newest().fail(code);
    vi.advanceTimersByTime(60_000);
    expect(connections.at(-1)).toEqual({ kind: "signed-out", reason });
    expect(sockets).toHaveLength(1);
  });
});

describe("following channels", () => {
  it("subscribes to what is new and unsubscribes from what is gone", () => {
    newest().goLive();
    newest().snapshot(1, 100);
    stream.follow(["account:a"]);
    expect(newest().ops("subscribe").at(-1)?.channels).toEqual(["account:a"]);
    expect(newest().ops("unsubscribe").at(-1)?.channels).toEqual(["portfolio"]);
    newest().delta(2, 200);
    expect(channels.get("portfolio")?.seq).not.toBe(2);
  });

  it("does not lose channels added between welcome and the answer to the first subscribe", () => {
    newest().welcome();
    stream.follow(["portfolio", "account:a"]);
    expect(newest().ops("subscribe").flatMap((message) => message.channels)).toContain("account:a");
  });

  it("asks once for a fresh snapshot at a gap, without resume, and goes on from it", () => {
    newest().goLive();
    newest().snapshot(1, 100);
    newest().delta(3, 300);
    newest().delta(4, 400);
    expect(newest().ops("subscribe")).toHaveLength(2);
    expect(newest().ops("subscribe")[1]?.resume).toBeUndefined();
    expect(total()).toBe(100);
    newest().snapshot(5, 500);
    newest().delta(6, 600);
    expect(total()).toBe(600);
  });
});

describe("coming back", () => {
  it("keeps the last values, says since when and until when, and resumes where it stood", () => {
    vi.setSystemTime(1_000_000);
    newest().goLive();
    newest().snapshot(41, 100);
    newest().fail(1006);
    expect(connections.at(-1)).toEqual({ kind: "reconnecting", since: 1_000_000, retryAt: 1_000_500 });
    expect(total()).toBe(100);
    vi.advanceTimersByTime(500);
    expect(connections.at(-1)).toEqual({ kind: "reconnecting", since: 1_000_000, retryAt: null });
    newest().goLive();
    expect(newest().ops("subscribe")[0]?.resume).toEqual({ portfolio: { epoch: "e1", seq: 41 } });
    newest().delta(42, 200);
    expect(total()).toBe(200);
    expect(connections.at(-1)).toEqual({ kind: "live" });
  });

  it("waits longer after each failure and starts over once it was live", () => {
    newest().fail(1006);
    vi.advanceTimersByTime(500);
    newest().fail(1006);
    vi.advanceTimersByTime(999);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(3);
    newest().goLive();
    newest().fail(1006);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(4);
  });

  it("tries at once when asked, and only then one socket more", () => {
    newest().fail(1006);
    stream.retryNow();
    stream.retryNow();
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
  });

  it("gives up a connection on which nothing arrives after a ping", () => {
    newest().goLive();
    const first = newest();
    vi.advanceTimersByTime(15_000);
    expect(first.ops("ping")).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(first.closed).toBe(true);
    expect(connections.at(-1)?.kind).toBe("reconnecting");
  });

  it("keeps a connection whose pongs arrive", () => {
    newest().goLive();
    for (let beat = 0; beat < 10; beat++) {
      vi.advanceTimersByTime(15_000);
      newest().push({ type: "pong", id: beat });
    }
    expect(sockets).toHaveLength(1);
    expect(connections.at(-1)).toEqual({ kind: "live" });
  });

  it("gives up a server that accepts and then says nothing", () => {
    newest().accept();
    vi.advanceTimersByTime(10_500);
    expect(sockets).toHaveLength(2);
  });

  it("ends for good when stopped", () => {
    newest().goLive();
    stream.stop();
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("odd messages", () => {
  it("ignores types of a later protocol version", () => {
    newest().goLive();
    newest().push({ type: "fireworks" });
    expect(connections.at(-1)).toEqual({ kind: "live" });
  });
});
