import { describe, expect, it } from "vitest";

import { sparkPath } from "../src/spark";
import { grownSparks, joinedSparks } from "../src/sparks";
import { position } from "./position";

describe("grownSparks", () => {
  it("takes a point a minute, and none of what has no price", () => {
    const positions = [position({ symbol: "A", price: 5 }), position({ symbol: "B", price: null })];
    const [first, at] = grownSparks(new Map(), 0, positions, 1_000);
    expect(first.get("A")).toEqual([{ time: 1000, value: 5 }]);
    expect(first.has("B")).toBe(false);
    expect(grownSparks(first, at, positions, 1_010)[0]).toBe(first);
    expect(grownSparks(first, at, positions, 1_030)[0].get("A")?.length).toBe(2);
  });

  it("joins what the server kept before its own", () => {
    const kept = { A: [{ time: 1, value: 1 }, { time: 9, value: 2 }] };
    expect(joinedSparks(new Map([["A", [{ time: 5, value: 7 }]]]), kept).get("A")).toEqual([
      { time: 1, value: 1 },
      { time: 5, value: 7 },
    ]);
  });
});

describe("sparkPath", () => {
  const points = [{ time: 0, value: 10 }, { time: 10, value: 20 }];

  it("spans the picture, with the previous close where it is near", () => {
    expect(sparkPath(points, 10, 100, 24)).toEqual({ line: "0.0,22.0 100.0,2.0", baseline: 22, way: "up" });
    expect(sparkPath(points, 1000, 100, 24)).toMatchObject({ baseline: null, way: "down" });
  });

  it("is nothing for a single point, and flat for a price that stands still", () => {
    expect(sparkPath(points.slice(1), null, 100, 24)).toBeNull();
    expect(sparkPath([{ time: 0, value: 5 }, { time: 1, value: 5 }], null, 100, 24)).toMatchObject({
      line: "0.0,12.0 100.0,12.0",
      way: "flat",
    });
  });
});
