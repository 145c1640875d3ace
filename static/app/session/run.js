/**
 * One run as the page sees it: started over HTTP, watched and steered over a WebSocket.
 *
 * @typedef {import("../core/types.js").Speed} Speed
 * @typedef {import("../core/types.js").RunCommand} RunCommand
 * @typedef {import("../core/types.js").DesignDocument} DesignDocument
 * @typedef {"none" | "starting" | "running" | "paused" | "idle" | "finished" | "failed" | "stopped"} Phase
 */
import { Emitter } from "../core/emitter.js";
import { t } from "../core/i18n.js";
import { RunConnection } from "../core/protocol.js";
import { routes, socketUrl } from "../core/routes.js";
import { clock } from "../core/units.js";
import { post } from "./api.js";
import { forget, recall, remember } from "./last-run.js";

const ACTIVE = new Set(["starting", "running", "paused", "idle"]);

export class RunSession {
  /** @param {import("../core/frames.js").FrameStore} frames */
  constructor(frames) {
    this.frames = frames;
    /** @type {Phase} */
    this.phase = "none";
    /** @type {Speed} */
    this.speed = 1;
    /** Asked for before there was anybody to tell. @type {Speed | null} */
    this.speedWanted = null;
    this.duration = 0;
    this.scenario = "";
    this.text = "";
    this.rejoining = false;
    this.wall = 0;
    this.wallAt = 0;
    /** @type {RunConnection | null} */
    this.connection = null;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
    /** Sentences for the user. @type {Emitter<{text: string, bad?: boolean}>} */
    this.told = new Emitter();
    /** @type {Emitter<{lost: boolean}>} */
    this.link = new Emitter();
    window.addEventListener("online", () => this.connection?.retryNow());
    document.addEventListener("visibilitychange", () => !document.hidden && this.connection?.retryNow());
  }

  get active() {
    return ACTIVE.has(this.phase);
  }

  get control() {
    return this.connection?.control ?? false;
  }

  /** Simulated seconds so far. */
  get t() {
    return this.frames.last?.t ?? 0;
  }

  /** Real seconds that this run took; goes on between messages while it runs. */
  get wallNow() {
    return this.phase === "running" ? this.wall + (performance.now() - this.wallAt) / 1000 : this.wall;
  }

  /**
   * @param {DesignDocument} design
   * @param {string} scenario
   * @param {string | null} token
   */
  async start(design, scenario, token) {
    this.leave();
    this.frames.clear();
    this.speedWanted = null;
    this.become("starting");
    this.scenario = scenario;
    this.duration = design.scenarios[scenario]?.duration_s ?? 60;
    this.setWall(0);
    try {
      const answer = await post(routes.runs, { design, scenario, seed: design.seed, speed: this.speed, ...(token ? { token } : {}) });
      remember({ run: answer.run, scenario, duration: this.duration, path: window.location.pathname });
      this.watch(answer.run);
    } catch (error) {
      this.become("none");
      throw error;
    }
  }

  /** After a reload: goes on watching what this tab watched before. */
  rejoin() {
    const last = recall(window.location.pathname);
    if (!last) return;
    this.scenario = last.scenario;
    this.duration = last.duration;
    this.rejoining = true;
    this.become("starting");
    this.watch(last.run);
  }

  /** @param {string} run */
  watch(run) {
    const connection = new RunConnection(() => /** @type {any} */ (new WebSocket(socketUrl(window.location, run))));
    this.connection = connection;
    connection.frames.on(({ frames }) => this.take(connection, frames));
    connection.state.on((state) => this.hear(state));
    connection.linked.on(({ link, reason }) => this.linked(connection, link, reason));
    connection.caughtUp.on(({ frames }) => this.told.emit({ text: t("Reconnected at {time}, caught up {count} frames.", { time: clock(this.t), count: frames }) }));
    connection.skipped.on(({ from, to }) => this.told.emit({ text: t("This page was too slow: {count} frames were left out of its charts.", { count: to - from + 1 }) }));
    connection.reset.on(({ text }) => this.startAnew(text));
    connection.connect();
  }

  /** @param {string} text why history was lost */
  startAnew(text) {
    this.frames.clear();
    this.told.emit({ text: text || t("The beginning of this simulation is no longer kept: the charts start here."), bad: true });
  }

  /**
   * @param {RunConnection} connection
   * @param {import("../core/types.js").Frame[]} frames
   */
  take(connection, frames) {
    this.rejoining = false;
    this.frames.add(frames);
    const seq = frames[frames.length - 1].seq;
    // A hidden page draws nothing and must not look like a slow one.
    if (document.hidden) connection.acknowledge(seq);
    else requestAnimationFrame(() => connection.acknowledge(seq));
    if (frames.some((frame) => frame.final)) this.become("finished");
  }

  /** @param {import("../core/protocol.js").RunState} state */
  hear(state) {
    this.setWall(state.wall_s ?? this.wall);
    if (state.speed) this.speed = this.speedWanted ?? state.speed;
    const phase = /** @type {Phase} */ (state.phase);
    if (this.phase === "stopped" && phase === "finished") return;
    this.text = state.text ?? "";
    if (phase === "idle" && this.phase !== "idle") this.told.emit({ text: this.text || t("Nobody watched, so the simulation was paused.") });
    if (phase === "failed") this.told.emit({ text: this.text || t("The simulation failed."), bad: true });
    this.become(phase);
    if (this.speedWanted !== null && phase !== "starting") this.setSpeed(this.speedWanted);
  }

  /**
   * @param {RunConnection} connection
   * @param {string} link
   * @param {string | undefined} reason
   */
  linked(connection, link, reason) {
    if (connection !== this.connection) return;
    this.link.emit({ lost: link === "lost" || (link === "connecting" && connection.attempt > 0) });
    if (link !== "closed" || !reason) return;
    if (this.rejoining) {
      // A run of before the reload that is no more is nothing to complain about.
      this.rejoining = false;
      forget();
      this.become("none");
      return;
    }
    if (this.active) {
      this.told.emit({ text: reason === "gone" ? t("The server no longer has this simulation. Start it again.") : t("You may not watch this simulation any more."), bad: true });
      this.become("stopped");
    }
  }

  /**
   * @param {RunCommand} command
   * @returns {Promise<number | null>} simulated time, or null when it was refused (and said so)
   */
  async command(command) {
    if (!this.connection) return null;
    try {
      return await this.connection.command(command);
    } catch (error) {
      this.told.emit({ text: /** @type {any} */ (error).text ?? String(error), bad: true });
      return null;
    }
  }

  async stop() {
    const connection = this.connection;
    if (!connection) return;
    this.become("stopped");
    await connection.command({ action: "stop" }).catch(() => null);
    // The last frame and the summary are still on their way; a second is ample.
    setTimeout(() => connection.close(), 1000);
  }

  leave() {
    this.connection?.close();
    this.connection = null;
    this.link.emit({ lost: false });
  }

  /** @param {Speed} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.speedWanted = this.phase === "starting" ? speed : null;
    if (this.active && this.speedWanted === null) this.command({ action: "speed", speed });
    this.changed.emit();
  }

  /** @param {number} seconds */
  setWall(seconds) {
    this.wall = seconds;
    this.wallAt = performance.now();
  }

  /** @param {Phase} phase */
  become(phase) {
    if (this.phase === "running" && phase !== "running") this.setWall(this.wallNow);
    if (this.phase !== "running" && phase === "running") this.wallAt = performance.now();
    this.phase = phase;
    if (phase === "stopped" || phase === "finished" || phase === "failed") forget();
    this.changed.emit();
  }
}
