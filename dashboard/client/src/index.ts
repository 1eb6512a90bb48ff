/** Live values from navstream: one `Stream`, the state of each channel, and the types of all of it. */

export { applyDelta } from "./apply.ts";
export type { Channels, ChannelState } from "./channels.ts";
export { accountPositionsOf, figuresOf, marketOf, positionsOf } from "./figures.ts";
export { stateHash } from "./hash.ts";
export type * from "./protocol.ts";
export { parseMessage } from "./protocol.ts";
export { Stream, type Connection, type StreamListener, type StreamOptions } from "./socket.ts";
