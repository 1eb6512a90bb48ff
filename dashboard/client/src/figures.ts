/** A channel's state with the types of its fields. The server is trusted to send them; its contract test holds it to that. */

import type { ChannelState } from "./channels.ts";
import type { AccountPosition, Figures, JsonObject, Market, Position } from "./protocol.ts";

/** Return the figures of `portfolio` or `account:…`; null before the first snapshot. */
export function figuresOf(channel: ChannelState | undefined): Figures | null {
  return channel === undefined ? null : (channel.data as unknown as Figures);
}

/** Return the state of `market`; null before the first snapshot. */
export function marketOf(channel: ChannelState | undefined): Market | null {
  return channel === undefined ? null : (channel.data as unknown as Market);
}

const rows = new WeakMap<JsonObject, unknown[]>();

function rowsOf(channel: ChannelState | undefined): unknown[] | null {
  if (channel === undefined) {
    return null;
  }
  let found = rows.get(channel.data);
  if (found === undefined) {
    found = Object.values(channel.data);
    rows.set(channel.data, found);
  }
  return found;
}

/** Return the rows of `positions`, the same array for the same state; null before the first snapshot. */
export function positionsOf(channel: ChannelState | undefined): readonly Position[] | null {
  return rowsOf(channel) as Position[] | null;
}

/** Return the rows of `positions:ID`, the same array for the same state; null before the first snapshot. */
export function accountPositionsOf(channel: ChannelState | undefined): readonly AccountPosition[] | null {
  return rowsOf(channel) as AccountPosition[] | null;
}
