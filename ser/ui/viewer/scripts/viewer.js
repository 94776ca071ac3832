// @ts-check
// The viewer: one or two panes, one above the other, which show the same time range, and what they share.
import { PictureChoices } from "./picture_choices.js";
import { Snapping } from "./tools/region/marking.js";
import { SoundPlayer } from "./tools/sound_player.js";

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {import("./events.js").ViewerEvents} ViewerEvents */
/** @typedef {{ kind: string, key: string, name?: string, blind?: boolean }} SoundRequest */
/** @typedef {"top" | "bottom"} Place */

export class Viewer {
  /** @type {Pane[]} */
  panes = [];
  /** @type {Pane | null} */
  current = null;
  /** @type {import("./open.js").Opening | null} */
  opening = null;
  choices = new PictureChoices();
  hiding = new HiddenScores();
  snapping = new Snapping();
  overlays = { pitch: false, intensity: false, formants: false, voiced: false };
  /** The emotion that Why? explains; null is the one with the highest score. */
  why = { shown: false, emotion: /** @type {string | null} */ (null) };

  /**
   * @param {Widget} widget
   * @param {import("./scope.js").Scope} scope ends with the viewer
   * @param {import("./events.js").Emitter<ViewerEvents>} events
   */
  constructor({ element, server, upload }, scope, events) {
    this.element = element;
    this.server = server;
    this.upload = upload;
    this.scope = scope;
    this.events = events;
    this.player = new SoundPlayer(this);
  }

  /** The end of the time axis: the length of the longer sound if two are open. */
  get longest_s() {
    return Math.max(0, ...this.panes.map((pane) => pane.duration_s));
  }

  /** @param {Place} place */
  paneAt(place) {
    return this.panes.find((pane) => pane.place === place);
  }

  /** @param {Pane} pane */
  makeCurrent(pane) {
    this.current = pane;
    for (const each of this.panes)
      each.element.classList.toggle("current", each === pane && this.panes.length > 1);
  }
}

/** Whether scores may be shown: the desk hides them until the annotator has labelled. */
class HiddenScores {
  hidden = false;
  /** Tokens of the sounds whose scores the annotator asked to see. */
  revealed = new Set();

  /** @param {Pane} pane */
  mayShow(pane) {
    return !this.hidden || this.revealed.has(pane.token);
  }
}
