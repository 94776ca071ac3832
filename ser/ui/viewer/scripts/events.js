// @ts-check
// Events between the viewer, its panes and their tools. The desk and the Inspect tab listen to them through window.inspect.

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {import("./tools/scored_window.js").ScoreAnswer} ScoreAnswer */

/**
 * @typedef {object} ViewerEvents
 * @property {{ pane: Pane, play: boolean }} open a sound was opened
 * @property {{ pane: Pane }} close the sound of a pane is about to be closed
 * @property {{ pane: Pane }} view the visible part changed
 * @property {{ pane: Pane, moved?: boolean }} region the region was set, changed or cleared
 * @property {{ pane: Pane }} marked the region was set by a key
 * @property {{ pane: Pane, id: string }} label a label on the track was clicked
 * @property {{ on: boolean }} snap ends of regions snap to silence, or no longer do
 * @property {{ pane: Pane }} window the scored window moved
 * @property {{ pane: Pane, time_s: number }} time the playhead moved
 * @property {{ pane?: Pane, playing: boolean, problem: string }} playing playing began or ended
 * @property {{ loop: boolean, speed: number }} player loop or speed was chosen
 * @property {{ pane: Pane }} columns the scores of a pane changed
 * @property {{ pane: Pane, answer: ScoreAnswer, of: string, start_s: number, end_s: number }} scored scores have arrived
 * @property {{ hidden: boolean }} scores the scores of the panes were hidden or shown
 * @property {{ which: string }} overlays an overlay was switched on or off
 * @property {{ shown: boolean }} why the explanation was switched on or off, or another emotion was chosen
 */

/** @template {object} Events */
export class Emitter {
  /** @type {Map<keyof Events, Set<(detail: never) => void>>} */
  #listeners = new Map();

  /**
   * Call a function at each event of that name. Return a function that ends this.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} action
   */
  on(name, action) {
    const listener = (/** @type {Events[Name]} */ detail) => action(detail); // the same action may be added twice
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    const listeners = /** @type {Set<(detail: Events[Name]) => void> | undefined} */ (
      this.#listeners.get(name)
    );
    // A listener that an earlier one has ended is not called any more.
    for (const listener of [...(listeners ?? [])]) if (listeners?.has(listener)) listener(detail);
  }

  /** The number of listeners to an event, or to all. */
  count(/** @type {keyof Events | undefined} */ name = undefined) {
    const sets = name === undefined ? [...this.#listeners.values()] : [this.#listeners.get(name)];
    return sets.reduce((sum, listeners) => sum + (listeners?.size ?? 0), 0);
  }
}
