import { afterEach, describe, expect, it } from "vitest";

import * as format from "../src/format";

describe("hidden amounts", () => {
  afterEach(() => format.hideAmounts(false));

  it("are dots, while percentages, prices and what is unknown stay", () => {
    format.hideAmounts(true);
    const shown = [format.money(1234.5, "USD"), format.change(-3, "USD"), format.quantity(12), format.shortQuantity(12)];
    expect(new Set(shown)).toEqual(new Set([format.HIDDEN]));
    expect(format.money(null, "USD")).toBe("—");
    expect(format.percent(5.25)).toBe("+5.25%");
    expect(format.price(101.5, "USD")).toBe("$101.50");
    expect(format.multiplier(100)).toBe("100");
    expect(format.axisLabel(101, 100)).toBe("+1.00%");
    expect(format.axisLabel(101, null)).toBe("");
    format.hideAmounts(false);
    expect(format.money(1234.5, "USD")).toBe("$1,234.50");
    expect(format.axisLabel(10_101.4, 100)).toBe("10,101");
  });
});

describe("amounts", () => {
  it("shows cents, signs and an em dash for unknown, never zero", () => {
    expect(format.money(1234567.5, "USD")).toBe("$1,234,567.50");
    expect(format.money(-27.1, "USD")).toBe("−$27.10");
    expect(format.money(null, "USD")).toBe("—");
    expect(format.money(12, "EUR")).toBe("€12.00");
    expect(format.change(12, "USD")).toBe("+$12.00");
    expect(format.change(-12, "USD")).toBe("−$12.00");
    expect(format.change(0, "USD")).toBe("$0.00");
    expect(format.change(null, "USD")).toBe("—");
  });

  it("takes percents as percents and shares as shares", () => {
    expect(format.percent(5.25)).toBe("+5.25%");
    expect(format.percent(-0.004)).toBe("0.00%");
    expect(format.percent(null)).toBe("—");
    expect(format.share(0.9341)).toBe("93.4%");
    expect(format.share(1)).toBe("100%");
    expect(format.share(0.99999)).toBe("99.9%");
    expect(format.share(null)).toBe("—");
  });

  it("gives small prices more decimals and quantities the ones they have", () => {
    expect(format.price(231.4, "USD")).toBe("$231.40");
    expect(format.price(0.0123, "USD")).toBe("$0.0123");
    expect(format.quantity(1.28491)).toBe("1.28491");
    expect(format.quantity(-80)).toBe("−80");
    expect(format.quantity(1843.27160494)).toBe("1,843.27160494");
    expect([1843.27160494, 1.28491123, 0.00012345].map(format.shortQuantity)).toEqual([
      "1,843.272",
      "1.28491",
      "0.00012345",
    ]);
  });
});

describe("times", () => {
  it("ages and counts down in units that fit", () => {
    expect([-5, 0, 59_999, 60_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(format.age)).toEqual([
      "0 s", "0 s", "59 s", "1 min", "1 h", "47 h", "2 d",
    ]);
    expect([-1, 900, 249_000, 7_500_000, 180_000_000].map(format.countdown)).toEqual([
      "0 s", "1 s", "4 min 09 s", "2 h 05 min", "2 d 2 h",
    ]);
  });

  it("tells New York's time, in winter and in summer", () => {
    const winter = Date.parse("2026-11-20T14:30:00.250Z");
    const summer = Date.parse("2026-07-01T13:30:00Z");
    expect(format.newYorkTime(winter)).toBe("09:30:00");
    expect(format.newYorkTime(summer)).toBe("09:30:00");
    expect(format.newYorkOffsetMs(winter)).toBe(-5 * 3_600_000);
    expect(format.newYorkOffsetMs(summer)).toBe(-4 * 3_600_000);
    expect(format.newYorkDate(Date.parse("2026-11-21T03:00:00Z"))).toBe("2026-11-20");
    expect(format.newYorkTime(Date.parse("2026-11-20T05:00:00Z"))).toBe("00:00:00");
    expect(format.newYorkDayTime(winter)).toBe("Fri, Nov 20, 09:30");
  });

  it("names calendar days without moving them between zones", () => {
    expect(format.day("2026-11-19")).toBe("Nov 19");
    expect(format.weekday("2026-11-20")).toBe("Friday");
  });
});
