/** What the client knows of each channel: its state, and whether the next message fits. Pure. */

import { applyDelta } from "./apply.ts";
import type { Delta, JsonObject, Snapshot } from "./protocol.ts";

export interface ChannelState {
  epoch: string;
  seq: number;
  /** Market time of the newest state, RFC 3339. */
  asOf: string;
  /** How many snapshots made this state; a view does not flash what a snapshot changed. */
  snapshots: number;
  data: JsonObject;
}

export type Channels = ReadonlyMap<string, ChannelState>;

export interface Received {
  channels: Channels;
  /** A message was missed: subscribe to this channel again, without resume. */
  gap: string | null;
}

/** Return the channels after a snapshot or delta. A delta that does not follow its predecessor changes nothing. */
export function receive(channels: Channels, message: Snapshot | Delta): Received {
  const old = channels.get(message.channel);
  if (message.type === "snapshot") {
    return {
      channels: withChannel(channels, message.channel, {
        epoch: message.epoch,
        seq: message.seq,
        asOf: message.as_of,
        snapshots: (old?.snapshots ?? 0) + 1,
        data: message.data,
      }),
      gap: null,
    };
  }
  if (old === undefined || message.seq !== old.seq + 1) {
    return { channels, gap: message.channel };
  }
  return {
    channels: withChannel(channels, message.channel, {
      ...old,
      seq: message.seq,
      asOf: message.as_of,
      data: applyDelta(old.data, message.data, message.removed),
    }),
    gap: null,
  };
}

/** Return what to send as `resume`: where we stand on each of these channels, if we know them at all. */
export function resumePoints(
  channels: Channels,
  names: readonly string[],
): Record<string, { epoch: string; seq: number }> {
  const points: Record<string, { epoch: string; seq: number }> = {};
  for (const name of names) {
    const state = channels.get(name);
    if (state !== undefined) {
      points[name] = { epoch: state.epoch, seq: state.seq };
    }
  }
  return points;
}

/** Return the channels without those that are not wanted any more. */
export function only(channels: Channels, names: readonly string[]): Channels {
  const wanted = new Set(names);
  return new Map([...channels].filter(([name]) => wanted.has(name)));
}

function withChannel(channels: Channels, name: string, state: ChannelState): Channels {
  return new Map(channels).set(name, state);
}
