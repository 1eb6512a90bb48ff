/** The WebSocket: opens it, signs in, subscribes, keeps it alive, and comes back when it breaks. */

import { retryDelayMs } from "./backoff.ts";
import { only, receive, resumePoints, type Channels } from "./channels.ts";
import { stateHash } from "./hash.ts";
import { CLOSE_FORBIDDEN, CLOSE_UNAUTHENTICATED, parseMessage, type Check, type ServerMessage } from "./protocol.ts";

/** Faster than this the eye cannot read; the server then sends the newest state, not each one. */
const MAX_RATE_HZ = 5;
const ANSWER_WITHIN_MS = 10_000;

export type Connection =
  | { kind: "connecting" }
  | { kind: "live" }
  /** `since`: when it was lost, `retryAt`: when the next attempt starts (null: it is under way); wall ms. */
  | { kind: "reconnecting"; since: number; retryAt: number | null }
  | { kind: "signed-out"; reason: "expired" | "forbidden" };

export interface StreamListener {
  /** A refused token ends the stream as `signed-out`; anything else that breaks is retried for ever. */
  connectionChanged(connection: Connection): void;
  /** The states of all followed channels, a new map at each message; unchanged parts keep their identity. */
  channelsChanged(channels: Channels): void;
}

export interface StreamOptions {
  url: string;
  token: string;
  listener: StreamListener;
  /** Messages a second and channel at most; 5 by default. */
  maxRateHz?: number;
  /** For tests: makes the socket. */
  open?: (url: string) => WebSocket;
  /** For tests: 0 to 1, spreads reconnections. */
  chance?: () => number;
}

type Timer = ReturnType<typeof setTimeout>;

export class Stream {
  /** How often a channel's state was not the server's, so that we asked for it again. */
  driftedCount = 0;
  private readonly open: (url: string) => WebSocket;
  private readonly chance: () => number;
  private socket: WebSocket | null = null;
  private connection: Connection = { kind: "connecting" };
  private channels: Channels = new Map();
  private names: readonly string[] = [];
  /** Channels for which a fresh snapshot is on its way: what arrives before it does not fit. */
  private readonly awaitingSnapshot = new Set<string>();
  private welcomed = false;
  private failures = 0;
  private nextId = 1;
  private retryTimer: Timer | undefined;
  private answerTimer: Timer | undefined;
  private heartbeatTimer: Timer | undefined;

  constructor(private readonly options: StreamOptions) {
    this.open = options.open ?? ((url) => new WebSocket(url));
    this.chance = options.chance ?? Math.random;
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    clearTimeout(this.retryTimer);
    this.drop();
  }

  /** Follow these channels from now on, and no others. */
  follow(names: readonly string[]): void {
    const added = names.filter((name) => !this.names.includes(name));
    const removed = this.names.filter((name) => !names.includes(name));
    this.names = names;
    this.channels = only(this.channels, names);
    if (this.welcomed) {
      this.subscribe(added, false);
      if (removed.length > 0) {
        this.send({ op: "unsubscribe", id: this.nextId++, channels: removed });
      }
    }
  }

  /** Do not wait for the next attempt: the user asked, or the machine is online again. */
  retryNow(): void {
    if (this.connection.kind === "reconnecting" && this.connection.retryAt !== null) {
      this.connect();
    }
  }

  /** The page was hidden or asleep: find out whether the connection survived. */
  check(): void {
    if (this.connection.kind === "live") {
      this.ping();
    } else {
      this.retryNow();
    }
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    if (this.connection.kind === "reconnecting") {
      this.become({ ...this.connection, retryAt: null });
    }
    const socket = this.open(this.options.url);
    this.socket = socket;
    this.expectAnswer();
    socket.onopen = () => this.send({ op: "auth", token: this.options.token });
    socket.onmessage = (event: MessageEvent<unknown>) => this.received(event.data);
    socket.onclose = (event) => this.lost(event.code);
  }

  private received(frame: unknown): void {
    clearTimeout(this.answerTimer);
    const message = typeof frame === "string" ? parseMessage(frame) : null;
    if (message !== null) {
      this.handle(message);
    }
  }

  private handle(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.welcomed = true;
        this.awaitingSnapshot.clear();
        this.subscribe(this.names, true);
        this.keepAlive(message.heartbeat_s * 1000);
        return;
      case "subscribed":
        this.failures = 0;
        if (this.connection.kind !== "live") {
          this.become({ kind: "live" });
        }
        return;
      case "snapshot":
      case "delta": {
        if (message.type === "snapshot") {
          this.awaitingSnapshot.delete(message.channel);
        } else if (this.awaitingSnapshot.has(message.channel)) {
          return;
        }
        const { channels, gap } = receive(this.channels, message);
        if (gap !== null) {
          this.resynchronize(gap);
        } else if (this.names.includes(message.channel)) {
          this.channels = channels;
          this.options.listener.channelsChanged(channels);
        }
        return;
      }
      case "check":
        if (!this.awaitingSnapshot.has(message.channel) && this.names.includes(message.channel)) {
          this.compare(message);
        }
        return;
      case "error":
        console.warn(`navstream: ${message.code}: ${message.message}`);
        return;
      case "pong":
        return;
    }
  }

  private compare({ channel, seq, hash }: Check): void {
    const known = this.channels.get(channel);
    if (known === undefined || known.seq !== seq || stateHash(known.data) !== hash) {
      this.driftedCount += 1;
      console.warn(`navstream: ${channel} has drifted; asking for it again`);
      this.resynchronize(channel);
    }
  }

  private resynchronize(channel: string): void {
    this.awaitingSnapshot.add(channel);
    this.subscribe([channel], false);
  }

  private subscribe(names: readonly string[], resume: boolean): void {
    if (names.length > 0) {
      const points = resume ? resumePoints(this.channels, names) : {};
      this.send({
        op: "subscribe",
        id: this.nextId++,
        channels: names,
        max_rate_hz: this.options.maxRateHz ?? MAX_RATE_HZ,
        self_check: true,
        ...(Object.keys(points).length > 0 ? { resume: points } : {}),
      });
    }
  }

  private keepAlive(intervalMs: number): void {
    clearInterval(this.heartbeatTimer);
    this.heartbeatTimer = setInterval(() => this.ping(), intervalMs);
  }

  private ping(): void {
    this.send({ op: "ping", id: this.nextId++ });
    this.expectAnswer();
  }

  /** Give the other side up when nothing at all arrives from it in time; any message clears the timer. */
  private expectAnswer(): void {
    clearTimeout(this.answerTimer);
    this.answerTimer = setTimeout(() => this.lost(0), ANSWER_WITHIN_MS);
  }

  private lost(code: number): void {
    this.drop();
    if (code === CLOSE_UNAUTHENTICATED || code === CLOSE_FORBIDDEN) {
      this.become({ kind: "signed-out", reason: code === CLOSE_FORBIDDEN ? "forbidden" : "expired" });
      return;
    }
    const delay = retryDelayMs(this.failures, code, this.chance());
    this.failures += 1;
    const since = this.connection.kind === "reconnecting" ? this.connection.since : Date.now();
    this.become({ kind: "reconnecting", since, retryAt: Date.now() + delay });
    this.retryTimer = setTimeout(() => this.connect(), delay);
  }

  /** Let go of the socket without waiting for it: on a dead network its close event comes minutes later. */
  private drop(): void {
    clearTimeout(this.answerTimer);
    clearInterval(this.heartbeatTimer);
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private send(message: object): void {
    if (this.socket?.readyState === 1) {
      this.socket.send(JSON.stringify(message));
    }
  }

  private become(connection: Connection): void {
    this.connection = connection;
    this.options.listener.connectionChanged(connection);
  }
}
