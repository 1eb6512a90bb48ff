import { describe, expect, it } from "vitest";

import { only, receive, resumePoints, type Channels } from "../src/channels";
import type { Delta, Snapshot } from "../src/protocol";

const snapshot = (seq: number, data: Snapshot["data"], epoch = "e1"): Snapshot => {
  return { type: "snapshot", channel: "portfolio", epoch, seq, as_of: "2026-11-20T15:00:00Z", data };
};
const delta = (seq: number, data: Delta["data"], channel = "portfolio"): Delta => {
  return { type: "delta", channel, seq, as_of: "2026-11-20T15:00:01Z", data };
};
const known: Channels = receive(new Map(), snapshot(41, { total_value: 1, cash: 2 })).channels;

describe("receive", () => {
  it("takes a snapshot as the whole state", () => {
    const { channels, gap } = receive(known, snapshot(3, { total_value: 9 }, "e2"));
    expect(gap).toBeNull();
    expect(channels.get("portfolio")).toMatchObject({ epoch: "e2", seq: 3, snapshots: 2, data: { total_value: 9 } });
  });

  it("applies the delta that follows, and remembers its seq and time", () => {
    const { channels, gap } = receive(known, delta(42, { total_value: 5 }));
    expect(gap).toBeNull();
    expect(channels.get("portfolio")).toMatchObject({
      seq: 42,
      snapshots: 1,
      asOf: "2026-11-20T15:00:01Z",
      data: { total_value: 5, cash: 2 },
    });
  });

  it.each([[41], [43], [40]])("reports a gap at seq %i after 41 and changes nothing", (seq) => {
    const { channels, gap } = receive(known, delta(seq, { total_value: 5 }));
    expect(gap).toBe("portfolio");
    expect(channels).toBe(known);
  });

  it("reports a gap for a delta on a channel without a snapshot", () => {
    expect(receive(known, delta(1, {}, "positions")).gap).toBe("positions");
  });
});

describe("resumePoints", () => {
  it("names only the channels that are known", () => {
    expect(resumePoints(known, ["portfolio", "market"])).toEqual({ portfolio: { epoch: "e1", seq: 41 } });
  });
});

describe("only", () => {
  it("forgets channels that nobody follows", () => {
    expect([...only(known, ["market"]).keys()]).toEqual([]);
    expect([...only(known, ["portfolio"]).keys()]).toEqual(["portfolio"]);
  });
});
