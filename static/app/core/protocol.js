/**
 * The viewer's side of docs/protocol.md: one run over a WebSocket that may break at any time. It says what it last
 * saw, drops what it has already, notices gaps, acknowledges what was drawn, and comes back with jitter.
 *
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").RunCommand} RunCommand
 * @typedef {import("./types.js").ApiError} ApiError
 * @typedef {"connecting" | "open" | "lost" | "closed"} LinkState
 * @typedef {{phase: string, speed: import("./types.js").Speed, t: number, wall_s: number, text?: string}} RunState
 *
 * @typedef {object} Socket  what the client needs of a WebSocket
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: {data: any}) => void) | null} onmessage
 * @property {((event: {code: number}) => void) | null} onclose
 *
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {(run: () => void, ms: number) => any} after
 * @property {(handle: any) => void} cancel
 */
import { backoffMs } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { t } from "./i18n.js";

/** Nothing heard for this long: the connection is dead although nobody said so. */
const SILENCE_MS = 25_000;
const PING_MS = 10_000;
/** Codes after which coming back cannot help. */
const FINAL_CODES = new Map([[4403, "not_allowed"], [4404, "gone"], [4400, "bad_message"]]);

/** @type {Clock} */
const WALL = {
  now: () => Date.now(),
  after: (run, ms) => setTimeout(run, ms),
  cancel: (handle) => clearTimeout(handle),
};

export class RunConnection {
  /**
   * @param {() => Socket} open makes a new socket
   * @param {{clock?: Clock, random?: () => number}} [options]
   */
  constructor(open, { clock = WALL, random = Math.random } = {}) {
    this.open = open;
    this.clock = clock;
    this.random = random;
    /** @type {Socket | null} */
    this.socket = null;
    /** @type {LinkState} */
    this.link = "connecting";
    /** @type {string | null} */
    this.epoch = null;
    this.seen = -1;
    this.control = false;
    this.attempt = 0;
    this.recovering = false;
    this.recovered = 0;
    this.nextCommand = 1;
    this.heard = 0;
    /** @type {any} */
    this.timer = null;
    /** @type {any} */
    this.pinger = null;
    /** @type {Map<number, {resolve: (t: number) => void, reject: (error: ApiError) => void}>} */
    this.waiting = new Map();
    /** @type {Emitter<{frames: Frame[], fresh: boolean}>} */
    this.frames = new Emitter();
    /** @type {Emitter<RunState>} */
    this.state = new Emitter();
    /** @type {Emitter<{link: LinkState, retryMs?: number, reason?: string}>} */
    this.linked = new Emitter();
    /** @type {Emitter<{frames: number}>} */
    this.caughtUp = new Emitter();
    /** @type {Emitter<{from: number, to: number}>} */
    this.skipped = new Emitter();
    /** @type {Emitter<{reason: string, text: string}>} */
    this.reset = new Emitter();
  }

  connect() {
    if (this.link === "closed") return;
    this.clock.cancel(this.timer);
    const socket = this.open();
    this.socket = socket;
    this.become("connecting");
    socket.onopen = () => this.greet(socket);
    socket.onmessage = (event) => socket === this.socket && this.hear(event.data);
    socket.onclose = (event) => socket === this.socket && this.lose(event.code);
  }

  /** The network is said to be back: do not wait for the timer. */
  retryNow() {
    if (this.link === "lost") this.connect();
  }

  /** The viewer leaves for good. */
  close() {
    this.clock.cancel(this.timer);
    this.clock.cancel(this.pinger);
    const socket = this.socket;
    this.socket = null;
    this.become("closed");
    this.failWaiting();
    socket?.close(1000);
  }

  /**
   * @param {RunCommand} command
   * @returns {Promise<number>} the simulated time at which it took effect
   */
  command(command) {
    if (this.link !== "open") {
      return Promise.reject({ code: "offline", text: t("The page is not connected just now. Try again in a moment.") });
    }
    const id = this.nextCommand++;
    this.send({ type: "command", id, command });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** @param {number} seq frames up to here were drawn */
  acknowledge(seq) {
    if (this.link === "open") this.send({ type: "ack", seq });
  }

  /** @param {Record<string, unknown>} message */
  send(message) {
    this.socket?.send(JSON.stringify(message));
  }

  /** @param {Socket} socket */
  greet(socket) {
    if (socket !== this.socket) return;
    this.heard = this.clock.now();
    this.send({ type: "hello", epoch: this.epoch, seen: this.seen });
    this.watch();
  }

  watch() {
    this.clock.cancel(this.pinger);
    this.pinger = this.clock.after(() => {
      if (this.clock.now() - this.heard > SILENCE_MS) return this.abandon();
      this.send({ type: "ping" });
      this.watch();
    }, PING_MS);
  }

  /** A socket that is useless is closed here and not waited for: a half-open one never says goodbye. */
  abandon() {
    const socket = this.socket;
    this.lose(1006);
    socket?.close(4000);
  }

  /** @param {string} text */
  hear(text) {
    this.heard = this.clock.now();
    const message = JSON.parse(text);
    switch (message.type) {
      case "welcome": return this.welcome(message);
      case "frames": return this.receive(message);
      case "skip": return this.skip(message);
      case "reset": return this.startAnew(message);
      case "state": return this.state.emit(message);
      case "done": return this.settle(message.id, (waiting) => waiting.resolve(message.t));
      case "refused": return this.settle(message.id, (waiting) => waiting.reject(message.error));
    }
  }

  /** @param {{epoch: string, control: boolean, state?: RunState}} message */
  welcome(message) {
    this.attempt = 0;
    this.control = message.control;
    if (this.epoch !== null && this.epoch !== message.epoch) this.seen = -1;
    this.epoch = message.epoch;
    this.become("open");
    if (message.state) this.state.emit(message.state);
  }

  /** @param {{epoch: string, frames: Frame[], caught_up: boolean}} message */
  receive(message) {
    if (message.epoch !== this.epoch) return;
    const frames = message.frames.filter((frame) => frame.seq > this.seen);
    if (frames.length > 0 && this.seen >= 0 && frames[0].seq > this.seen + 1) return this.abandon();
    const last = frames.at(-1);
    if (last) {
      this.seen = last.seq;
      if (this.recovering) this.recovered += frames.length;
      this.frames.emit({ frames, fresh: message.caught_up });
    }
    if (message.caught_up && this.recovering) this.finishRecovery();
  }

  finishRecovery() {
    this.recovering = false;
    this.caughtUp.emit({ frames: this.recovered });
    this.recovered = 0;
  }

  /** @param {{from: number, to: number}} message */
  skip(message) {
    this.seen = Math.max(this.seen, message.to);
    this.skipped.emit(message);
  }

  /** @param {{reason: string, text: string, epoch?: string}} message */
  startAnew(message) {
    this.seen = -1;
    if (message.epoch) this.epoch = message.epoch;
    this.recovering = false;
    this.recovered = 0;
    this.reset.emit(message);
  }

  /**
   * @param {number} id
   * @param {(waiting: {resolve: (t: number) => void, reject: (error: ApiError) => void}) => void} how
   */
  settle(id, how) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting) how(waiting);
  }

  /** @param {number} code */
  lose(code) {
    this.clock.cancel(this.pinger);
    this.socket = null;
    this.failWaiting();
    const reason = FINAL_CODES.get(code);
    if (reason) {
      this.link = "closed";
      this.linked.emit({ link: "closed", reason });
      return;
    }
    if (this.epoch !== null && !this.recovering) {
      this.recovering = true;
      this.recovered = 0;
    }
    const retryMs = backoffMs(this.attempt++, this.random);
    this.link = "lost";
    this.linked.emit({ link: "lost", retryMs });
    this.timer = this.clock.after(() => this.connect(), retryMs);
  }

  failWaiting() {
    const error = { code: "offline", text: t("The connection was lost before the answer came.") };
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }

  /** @param {LinkState} link */
  become(link) {
    this.link = link;
    this.linked.emit({ link });
  }
}
