/** Holds the state and tells the page, at most a few times a second and once a frame. */

import type { State } from "./state";

/** At most five renderings a second: faster the eye cannot read. */
const RENDER_EVERY_MS = 200;

export class Store {
  private listener: ((state: State) => void) | null = null;
  private renderedAt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private state: State) {}

  get(): State {
    return this.state;
  }

  change(next: (state: State) => State): void {
    this.state = next(this.state);
    this.timer ??= setTimeout(this.render, Math.max(0, this.renderedAt + RENDER_EVERY_MS - performance.now()));
  }

  subscribe(listener: (state: State) => void): () => void {
    this.listener = listener;
    return () => {
      this.listener = null;
    };
  }

  private readonly render = (): void => {
    requestAnimationFrame(() => {
      this.timer = null;
      this.renderedAt = performance.now();
      this.listener?.(this.state);
    });
  };
}
