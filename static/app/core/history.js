/**
 * Undo and redo. One gesture is one step: a drag of ten components, a paste, a held arrow key.
 *
 * @typedef {import("./document.js").DesignStore} DesignStore
 * @typedef {import("./document.js").Operation} Operation
 * @typedef {{label: string, operations: Operation[], former: Operation[], merge: string, at: number}} Step
 */
import { Emitter } from "./emitter.js";

/** Steps kept: enough for a sitting, little enough to forget about memory. */
const LONGEST = 200;
/** Steps of one kind closer than this are one gesture (a held arrow key repeats every 30 to 500 ms). */
const MERGE_WITHIN_MS = 800;

export class History {
  /**
   * @param {DesignStore} store
   * @param {() => number} [now] milliseconds
   */
  constructor(store, now = () => Date.now()) {
    this.store = store;
    this.now = now;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.undone = [];
    /** @type {Step | null} */
    this.gesture = null;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
  }

  /**
   * @param {string} label what the step is called: "Move 3 components"
   * @param {Operation[]} operations
   * @param {string} [merge] steps with the same word join when they follow closely
   */
  perform(label, operations, merge = "") {
    if (operations.length === 0) return;
    const former = this.store.apply(operations);
    const step = { label, operations, former, merge, at: this.now() };
    if (this.gesture) join(this.gesture, step);
    else this.push(step);
    this.changed.emit();
  }

  /** @param {Step} step */
  push(step) {
    const last = this.done.at(-1);
    this.undone = [];
    if (last && step.merge && last.merge === step.merge && step.at - last.at < MERGE_WITHIN_MS) {
      join(last, step);
      return;
    }
    this.done.push(step);
    if (this.done.length > LONGEST) this.done.shift();
  }

  /** @param {string} label everything until `end` is one step of this name */
  begin(label) {
    this.end();
    this.gesture = { label, operations: [], former: [], merge: "", at: this.now() };
  }

  end() {
    const gesture = this.gesture;
    this.gesture = null;
    if (gesture && gesture.operations.length > 0) this.push(gesture);
    this.changed.emit();
  }

  undo() {
    this.end();
    const step = this.done.pop();
    if (!step) return null;
    this.store.apply(step.former);
    this.undone.push(step);
    this.changed.emit();
    return step.label;
  }

  redo() {
    this.end();
    const step = this.undone.pop();
    if (!step) return null;
    this.store.apply(step.operations);
    // A redone step is closed: what follows is a gesture of its own.
    this.done.push({ ...step, merge: "" });
    this.changed.emit();
    return step.label;
  }

  /** Another document was loaded: its past is not this one's. */
  clear() {
    this.done = [];
    this.undone = [];
    this.gesture = null;
    this.changed.emit();
  }

  get undoLabel() {
    return this.done.at(-1)?.label ?? null;
  }

  get redoLabel() {
    return this.undone.at(-1)?.label ?? null;
  }
}

/**
 * @param {Step} step
 * @param {Step} next
 */
function join(step, next) {
  step.operations = [...step.operations, ...next.operations];
  step.former = [...next.former, ...step.former];
  step.at = next.at;
}
