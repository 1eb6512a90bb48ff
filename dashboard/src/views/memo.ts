/** A view that is rendered again only when one of its properties is another. */

import { Component, createElement, type ComponentChildren } from "preact";

export function memo<Props extends object>(view: (props: Props) => ComponentChildren) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !sameProperties(this.props, next);
    }

    override render(props: Props) {
      return createElement(view, props);
    }
  };
}

/** Return whether two objects have the same properties, compared by identity. */
export function sameProperties(one: object, other: object): boolean {
  const [ones, others] = [Object.entries(one), new Map(Object.entries(other))];
  return ones.length === others.size && ones.every(([key, value]) => others.has(key) && Object.is(others.get(key), value));
}
