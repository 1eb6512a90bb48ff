import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { INITIAL, type State } from "../src/state";
import { Store } from "../src/store";

let rendered: State[];
let store: Store;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 16));
  rendered = [];
  store = new Store(INITIAL);
  store.subscribe((state) => rendered.push(state));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const mark = (value: number): void => store.change((state) => ({ ...state, marketReceivedAt: value }));

describe("Store", () => {
  it("renders at most five times a second, and always ends with the newest state", () => {
    for (let index = 1; index <= 100; index++) {
      mark(index);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(rendered.length).toBeGreaterThanOrEqual(4);
    expect(rendered.length).toBeLessThanOrEqual(6);
    expect(rendered.at(-1)?.marketReceivedAt).toBe(100);
  });

  it("gives the newest state at once to who asks", () => {
    mark(7);
    expect(store.get().marketReceivedAt).toBe(7);
    expect(rendered).toHaveLength(0);
  });

  it("renders nothing when nothing changes, or nobody looks", () => {
    vi.advanceTimersByTime(5000);
    expect(rendered).toHaveLength(0);
    store.subscribe(() => undefined)();
    mark(1);
    vi.advanceTimersByTime(5000);
    expect(rendered).toHaveLength(0);
  });
});
