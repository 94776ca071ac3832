// @ts-check
// How the picture is drawn: its kind, colours, floor and contrast. Both panes use the same choices, which makes them
// comparable.
import { remembered } from "../../page/remembered.js";
import { COLOUR_MAPS, paletteOf } from "./colours.js";
import { clamp } from "./numbers.js";

/** @type {Record<string, string>} */
export const PICTURES = {
  model:
    "the log-mel that the network scores, in the scored window, and the rest of the clip dimmed around it",
  full: "the whole clip by the network's recipe, in dB below its loudest part",
  narrow: "the whole clip in fine detail, linear in Hz, with single harmonics",
};
export const FLOOR = { low: -100, high: -20, step: 5, initial: -80 };
export const CONTRAST = { low: 0.4, high: 3, step: 0.2, initial: 1 };

/** @typedef {{ kind: string, colours: string, floor_db: number, contrast: number }} Choices */

export class PictureChoices {
  kind = "model";
  colours = "magma";
  floor_db = FLOOR.initial;
  contrast = CONTRAST.initial;
  /** @type {import("./colours.js").Palette | null} */
  #palette = null;

  /** Choose what this browser remembers from earlier visits. */
  recall() {
    const [kind, colours] = ["kind", "colours"].map((name) => remembered.get(`spectrogram-${name}`));
    if (kind && kind in PICTURES) this.kind = kind;
    if (colours && colours in COLOUR_MAPS) this.colours = colours;
  }

  /** @param {Partial<Choices>} changes */
  choose(changes) {
    Object.assign(this, changes);
    this.floor_db = clamp(this.floor_db, FLOOR.low, FLOOR.high);
    this.contrast = clamp(Math.round(this.contrast * 10) / 10, CONTRAST.low, CONTRAST.high);
    remembered.set("spectrogram-kind", this.kind);
    remembered.set("spectrogram-colours", this.colours);
  }

  /** The colours of all bytes, computed again only when colours, floor or contrast change. */
  get palette() {
    const key = `${this.colours}/${this.floor_db}/${this.contrast}`;
    if (this.#palette?.key !== key) this.#palette = paletteOf(this, key);
    return this.#palette;
  }
}

/**
 * Return the name after a name, and after the last the first.
 * @param {string[]} names
 * @param {string} name
 */
export const nextOf = (names, name) => names[(names.indexOf(name) + 1) % names.length];
