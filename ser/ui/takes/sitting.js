// @ts-check
// The side panel with the takes. The server draws the list again on every change; this script then restores what only
// the page knows: which take plays, which are chosen, whether the panel is open, and a name that is being typed.
import { closest, find, findAll, saveFile } from "../page/dom.js";
import { english, timeOf } from "../page/language.js";
import { ask } from "./question.js";
import { remembered } from "../page/remembered.js";
import * as shortcuts from "../page/shortcuts.js";
import { choiceWords, choose, deletionWords, goneFrom, isPair, privacy } from "./choice.js";
import { comparison, whySilent } from "./shared.js";

const WIDE = "(min-width: 1180px)";
const UNDO_MS = 10_000;
const TABS = Object.values(shortcuts.TABS);

/** @param {EventTarget | null} target */
const tabOf = (target) => closest(target, '[role="tab"][data-tab-id]')?.dataset.tabId;

/**
 * Return the id of the take that an element belongs to.
 * @param {HTMLElement} inside
 */
const idOf = (inside) => closest(inside, "[data-id]")?.dataset.id ?? "";

/**
 * Whether the panel is open. On a wide screen, it is open next to the Record tab until it is closed. Other tabs need the
 * space, and so do small screens: there it opens only on request.
 */
class Openness {
  /** @param {HTMLElement} element of the widget */
  constructor(element) {
    this.element = element;
    this.root = closest(element, "#sitting") ?? element; // not replaced when the list is drawn
    this.wide = window.matchMedia(WIDE);
    this.tab = tabOf(document.querySelector('[role="tab"][aria-selected="true"]')) ?? "record";
  }

  get isOpen() {
    return ["beside", "over"].includes(this.root.dataset.takes ?? "");
  }

  /** @param {boolean} open */
  set(open) {
    if (this.wide.matches) this.root.dataset.takes = open ? "beside" : "edge";
    else this.root.dataset.takes = open ? "over" : "corner";
    this.paint();
  }

  reset() {
    this.set(this.wide.matches && this.tab === "record" && remembered.get("takes") !== "closed");
  }

  /** @param {EventTarget | null} target what was clicked */
  follow(target) {
    const tab = tabOf(target);
    if (!tab || !TABS.includes(tab) || tab === this.tab) return;
    this.tab = tab;
    this.reset();
  }

  toggle() {
    this.set(!this.isOpen);
    if (this.wide.matches && this.tab === "record") remembered.set("takes", this.isOpen ? null : "closed");
    find(this.element, this.isOpen ? ".close" : ".toggle").focus({ preventScroll: true });
  }

  paint() {
    for (const button of findAll(this.element, '[data-do="toggle"]'))
      button.setAttribute("aria-expanded", String(this.isOpen));
  }
}

/** Plays one take at a time. */
class Player {
  /**
   * @param {HTMLElement} element of the widget
   * @param {number} hours within which the app deletes recordings
   */
  constructor(element, hours) {
    this.element = element;
    this.hours = hours;
    this.audio = new Audio();
    /** @type {string | null} id of the take that plays */
    this.playing = null;
    this.audio.addEventListener("ended", () => {
      this.playing = null;
      this.paint();
    });
    // A take stops other players on the page when it plays, and the other way round.
    document.addEventListener("play", ({ target }) => target !== this.audio && this.stop(), true);
    this.audio.addEventListener("play", () =>
      document.querySelectorAll("audio").forEach((other) => other.pause()),
    );
  }

  stop() {
    if (this.playing) this.toggle(this.playing);
  }

  /** @param {string} id */
  toggle(id) {
    const button = /** @type {HTMLElement | null} */ (
      this.element.querySelector(`li[data-id="${CSS.escape(id)}"] .play`)
    );
    const stop = this.playing === id;
    this.audio.pause();
    this.playing = stop || !button ? null : id;
    if (this.playing) {
      const address = button?.dataset.sound ?? "";
      this.audio.src = address;
      this.tell("");
      this.audio.play().catch((error) => {
        if (error.name !== "AbortError") this.unplayable(id, address);
      });
    }
    this.paint();
  }

  /**
   * @param {string} id
   * @param {string} address
   */
  async unplayable(id, address) {
    if (this.playing === id) this.playing = null;
    this.paint();
    this.tell(await whySilent(address, this.hours));
  }

  paint() {
    for (const button of findAll(this.element, ".play"))
      button.setAttribute("aria-pressed", String(idOf(button) === this.playing));
  }

  /** @param {string} words */
  tell(words) {
    const status = find(this.element, ".told");
    status.textContent = words;
    status.hidden = !words;
  }
}

/** The takes that are chosen, and the two that are compared. The comparison is on the Record tab. */
class Comparing {
  /**
   * @param {HTMLElement} element of the widget
   * @param {Openness} openness
   */
  constructor(element, openness) {
    this.element = element;
    this.openness = openness;
    /** @type {string[]} */
    this.chosen = [];
    /** @type {string[]} */
    this.compared = [];
  }

  /**
   * @param {string} id
   * @param {boolean} isChosen
   */
  choose(id, isChosen) {
    this.chosen = choose(this.chosen, id, isChosen);
    this.paint();
  }

  /**
   * @param {string[]} ids
   * @param {boolean} show
   */
  compare(ids, show) {
    this.compared = ids;
    Object.assign(comparison, { ids, show });
    window.dispatchEvent(new CustomEvent("takes-compared"));
    if (!show) return;
    shortcuts.openTab("record");
    if (!this.openness.wide.matches) this.openness.set(false);
  }

  paint() {
    const ids = findAll(this.element, "li[data-id]").map(idOf);
    this.chosen = this.chosen.filter((id) => ids.includes(id));
    for (const box of findAll(this.element, ".choose input", HTMLInputElement))
      box.checked = this.chosen.includes(idOf(box));
    if (!ids.length) return;
    find(this.element, ".chosen").textContent = choiceWords(this.chosen);
    find(this.element, '[data-do="compare"]', HTMLButtonElement).disabled = !isPair(this.chosen);
  }
}

/** A deleted take can be restored for a moment, which is extended while the pointer or focus is on Undo. */
class Undo {
  /**
   * @param {HTMLElement} element of the widget
   * @param {(id: string) => void} forget
   */
  constructor(element, forget) {
    this.element = element;
    this.forget = forget;
    /** @type {string | null} */
    this.id = null;
    this.timer = 0;
    for (const type of ["pointermove", "focusin"])
      element.addEventListener(type, (event) => this.isHeld(event) && clearTimeout(this.timer));
    for (const type of ["pointerout", "focusout"])
      element.addEventListener(type, ({ target }) => closest(target, ".undo") && this.wait());
  }

  // A resting pointer under which Undo appears does not count, nor does the focus after a click.
  /** @param {Event} event */
  isHeld({ target, type }) {
    if (!closest(target, ".undo")) return false;
    return type === "pointermove" || /** @type {Element} */ (target).matches(":focus-visible");
  }

  paint() {
    const offer = /** @type {HTMLElement | null} */ (this.element.querySelector(".undo"));
    const id = offer?.dataset.id ?? null;
    if (id === this.id) return;
    this.id = id;
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    const { id } = this;
    if (id) this.timer = window.setTimeout(() => this.forget(id), UNDO_MS);
  }
}

/** Drawing the list replaces every node, so the focus and a name that is being typed are restored. */
class Focus {
  /** @param {HTMLElement} element of the widget */
  constructor(element) {
    this.element = element;
    /** @type {string | null} key of the element with the focus */
    this.key = null;
    /** @type {{ value: string, at: number | null } | null} */
    this.typed = null;
    element.addEventListener("focusin", ({ target }) => {
      this.key = /** @type {HTMLElement} */ (target).dataset.key ?? null;
    });
    element.addEventListener("focusout", ({ target }) => {
      if (/** @type {HTMLElement} */ (target).isConnected) this.key = this.typed = null;
    });
  }

  restore() {
    if (!this.key || this.element.contains(document.activeElement)) return;
    const one = (/** @type {string} */ selector) =>
      /** @type {HTMLElement | null} */ (this.element.querySelector(selector));
    const same = one(`[data-key="${CSS.escape(this.key)}"]`);
    if (same) same.focus({ preventScroll: true });
    else one(this.nextSelector(this.key))?.focus({ preventScroll: true });
    if (this.typed && same instanceof HTMLInputElement) {
      same.value = this.typed.value;
      same.setSelectionRange(this.typed.at, this.typed.at);
    }
  }

  /** @param {string} key of an element that is gone */
  nextSelector(key) {
    if (key.startsWith("delete-")) return ".undo button";
    return key === "undo" ? "ol.takes" : ".close";
  }
}

/** @param {HTMLElement} element */
function paintTimes(element) {
  for (const time of findAll(element, "time", HTMLTimeElement)) {
    const date = new Date(time.dateTime);
    time.textContent = timeOf(date, new Date());
    time.title = date.toLocaleString(english);
  }
}

/** @param {Widget} widget */
export function start({ element, props, trigger, watch }) {
  const openness = new Openness(element);
  const player = new Player(element, props.hours);
  const comparing = new Comparing(element, openness);
  const undo = new Undo(element, (id) => trigger("take_forget", { id }));
  const focus = new Focus(element);

  /** The takes by their names elsewhere: the files, and the ids with which the desk ends the keys of its clips. */
  const namesOfTakes = () =>
    findAll(element, "li[data-id]").flatMap((take) => [
      JSON.parse(find(take, "[data-inspect]").dataset.inspect ?? "").key,
      `-${idOf(take)}`,
    ]);
  let shown = namesOfTakes();

  // What is deleted goes everywhere: the recorder and the Inspect tab may still show it.
  function tellGone() {
    const now = namesOfTakes();
    const gone = goneFrom(shown, now);
    shown = now;
    if (gone.length) window.dispatchEvent(new CustomEvent("takes-gone", { detail: gone }));
  }

  /** @param {HTMLInputElement} input */
  function rename(input) {
    focus.typed = null;
    if (input.value.trim() && input.value !== input.defaultValue)
      trigger("take_rename", { id: idOf(input), name: input.value });
    else input.value = input.defaultValue;
  }

  /** @type {Record<string, (button: HTMLElement) => void>} */
  const ACTIONS = {
    toggle: () => openness.toggle(),
    play: (button) => player.toggle(idOf(button)),
    delete(button) {
      const id = idOf(button);
      if (player.playing === id) player.stop();
      trigger("take_delete", { id });
    },
    undo: () => trigger("take_undo"),
    compare: () => comparing.compare(comparing.chosen, true),
    csv: () => trigger("takes_export", { kind: "csv" }),
    json: () => trigger("takes_export", { kind: "json" }),
    async ask() {
      const isVoiceKnown = document.querySelector('.my-voice[data-known="1"]') !== null;
      const words = deletionWords(findAll(element, "li[data-id]").length, isVoiceKnown);
      if (!(await ask(words, { yes: "Delete all", no: "Keep" }))) return;
      player.stop();
      trigger("takes_delete");
      window.dispatchEvent(new CustomEvent("all-deleted")); // also the voice profile
    },
  };

  element.addEventListener("click", ({ target }) => {
    const button = closest(target, "[data-do]");
    if (button) ACTIONS[button.dataset.do ?? ""](button);
  });
  element.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(".name"))
      focus.typed = { value: target.value, at: target.selectionStart };
  });
  element.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.matches(".name")) rename(target);
    if (target.matches(".choose input")) comparing.choose(idOf(target), target.checked);
  });
  element.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (target instanceof HTMLInputElement && target.matches(".name") && ["Enter", "Escape"].includes(key)) {
      if (key === "Escape") target.value = target.defaultValue;
      target.blur();
      event.stopPropagation();
    } else if (key === "Escape" && !openness.wide.matches && openness.isOpen) {
      openness.toggle();
    }
  });

  function paint() {
    find(element, ".privacy").textContent = privacy(location, props.hours);
    openness.paint();
    paintTimes(element);
    player.paint();
    comparing.paint();
    undo.paint();
    focus.restore();
    tellGone();
    if (comparing.compared.length) comparing.compare(comparing.compared, false); // a take may have been renamed or deleted
  }

  document.addEventListener("click", ({ target }) => openness.follow(target));
  // The takes are lost with the page, and so is a recording that is not one of them yet.
  window.addEventListener("beforeunload", (event) => {
    const recording =
      ".recorder:is([data-state='recording'], [data-state='sending']), .live[data-state='running']";
    if (element.querySelector("ol.takes > li") || document.querySelector(recording)) event.preventDefault();
  });
  openness.wide.addEventListener("change", () => openness.reset());
  openness.reset();
  watch("value", paint);
  watch("file", () => props.file && saveFile(props.file.name, props.file.text));
  shortcuts.add(null, "t", "show or hide the takes of this session", () => openness.toggle());
  paint();
}
