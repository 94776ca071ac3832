// @ts-check
// Opening sounds: by request, as a chosen or dropped file, or as an example.
import { answerTo } from "../../page/server.js";
import { Pane } from "./pane.js";
import { drawPaneHead, invite, say } from "./pane_words.js";
import { drawToolbar, slot } from "./toolbar.js";
import { equip } from "./tools/equip.js";
import { addZoomButtons } from "./zoom.js";

const MAX_RECENT = 6;
const NOT_SENT =
  "The file could not be sent. Files can have up to 100 MB: save a long recording as FLAC or MP3 to make it smaller.";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./viewer.js").Place} Place */
/** @typedef {import("./viewer.js").SoundRequest} SoundRequest */

/**
 * Return requests with one put first, each sound once, the latest six.
 * @param {SoundRequest[]} requests
 * @param {SoundRequest} latest
 */
export function withLatest(requests, latest) {
  const others = requests.filter(({ kind, key }) => kind !== latest.kind || key !== latest.key);
  return [latest, ...others].slice(0, MAX_RECENT);
}

export class Opening {
  /** @type {SoundRequest[]} Requests of this session, the latest first. */
  recent = [];
  /** Number of the latest request for a place; older answers are ignored. */
  #visits = { top: 0, bottom: 0 };
  #places = /** @type {const} */ (["top", "bottom"]);

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    viewer.scope.add(() => {
      for (const place of this.#places) this.#visits[place]++;
      for (const pane of viewer.panes) pane.element.remove();
      viewer.panes = [];
    });
  }

  // ---- panes

  /** @param {Place} place */
  addPane(place) {
    const { viewer } = this;
    const pane = new Pane(viewer, place);
    const old = viewer.paneAt(place);
    if (old) {
      old.scope.end();
      old.element.replaceWith(pane.element);
      viewer.panes[viewer.panes.indexOf(old)] = pane;
    } else {
      slot(viewer, "panes", HTMLElement).append(pane.element);
      viewer.panes.push(pane);
    }
    viewer.element.classList.toggle("two", viewer.panes.length > 1);
    addZoomButtons(pane);
    drawPaneHead(pane);
    invite(pane, this);
    pane.readInk();
    viewer.makeCurrent(pane);
    drawToolbar(viewer);
    return pane;
  }

  /** @param {Place} [place] only the pane below can be closed */
  closePane(place = "bottom") {
    const { viewer } = this;
    const pane = viewer.paneAt(place);
    if (place !== "bottom" || !pane) return;
    this.#visits.bottom++;
    if (pane.sound) viewer.events.emit("close", { pane });
    pane.scope.end();
    pane.element.remove();
    viewer.panes = viewer.panes.filter((other) => other !== pane);
    viewer.element.classList.remove("two");
    const top = viewer.paneAt("top");
    if (top) viewer.makeCurrent(top);
    if (top?.sound) top.setRange(top.range.start_s, top.range.end_s);
    drawToolbar(viewer);
  }

  toggleSecond() {
    if (this.viewer.paneAt("bottom")) this.closePane("bottom");
    else this.addPane("bottom");
  }

  // ---- sounds

  /**
   * Close the recordings that were deleted.
   * @param {string[]} ends the ends of their keys
   */
  forget(ends) {
    const { viewer } = this;
    const isGone = (/** @type {{ kind: string, key: string } | null | undefined} */ sound) =>
      ["upload", "queue"].includes(sound?.kind ?? "") && ends.some((end) => sound?.key.endsWith(end));
    this.recent = this.recent.filter((request) => !isGone(request));
    for (const pane of viewer.panes.filter(({ sound }) => isGone(sound))) {
      this.#visits[pane.place]++;
      if (pane.place === "bottom") this.closePane("bottom");
      else {
        viewer.events.emit("close", { pane });
        this.addPane("top");
      }
    }
    drawToolbar(viewer);
  }

  /**
   * Open a sound and return its pane, once it is drawn or has a problem.
   * @param {SoundRequest} request
   * @param {{ place?: Place, play?: boolean }} [options]
   */
  async openSound(request, { place = "top", play = false } = {}) {
    const { viewer } = this;
    const visit = ++this.#visits[place];
    const pane = viewer.paneAt(place) ?? this.addPane(place);
    say(pane, `Opening ${request.name || request.key}…`);
    const sound = await answerTo(viewer.server.open_sound(request));
    if (visit !== this.#visits[place]) return viewer.paneAt(place);
    const about = sound.problem ? sound : await answerTo(viewer.server.read_about({ token: sound.token }));
    if (visit !== this.#visits[place]) return viewer.paneAt(place);
    if (about.problem) return this.#fail(place, about.problem);
    this.#show(pane, { kind: request.kind, key: request.key, ...sound }, about, play);
    return pane;
  }

  /**
   * @param {Pane} pane
   * @param {import("./pane.js").Sound} sound
   * @param {import("./tiles.js").About} about
   * @param {boolean} play
   */
  #show(pane, sound, about, play) {
    const { viewer } = this;
    say(pane, "");
    pane.element.querySelector(".invitation")?.remove();
    pane.show(sound, about);
    const { kind, key, name, blind } = sound;
    this.recent = withLatest(this.recent, { kind, key, name, blind });
    for (const each of viewer.panes) each.readInk();
    pane.setRange(0, viewer.longest_s);
    viewer.makeCurrent(pane);
    equip(pane);
    for (const tool of pane.tools) tool.begin?.();
    if (play) viewer.player.play(pane, 0);
    viewer.events.emit("open", { pane, play });
    drawToolbar(viewer);
    pane.redraw();
  }

  /**
   * Remove the previous sound: it could be mistaken for the one that could not be opened.
   * @param {Place} place
   * @param {string} problem
   */
  #fail(place, problem) {
    const old = this.viewer.paneAt(place);
    if (old?.sound) this.viewer.events.emit("close", { pane: old });
    const pane = this.addPane(place);
    say(pane, problem, true);
    return pane;
  }

  // ---- files

  /**
   * @param {File[]} files one or two
   * @param {Place} place
   */
  async openFiles([first, second], place) {
    if (!first) return;
    await this.openFile(first, place);
    if (second && place === "top") await this.openFile(second, "bottom");
  }

  /**
   * @param {File} file
   * @param {Place} place
   */
  async openFile(file, place) {
    const pane = this.viewer.paneAt(place) ?? this.addPane(place);
    const visit = ++this.#visits[place];
    say(pane, `Sending ${file.name}…`);
    let uploaded;
    try {
      uploaded = await this.viewer.upload(file);
    } catch {
      if (visit === this.#visits[place]) this.#fail(place, NOT_SENT);
      return;
    }
    if (visit !== this.#visits[place]) return;
    const name = file.name.replace(/\.[^.]+$/, "");
    await this.openSound({ kind: "upload", key: uploaded.path, name }, { place });
  }

  /** @param {Place} place where the chosen file will be opened */
  chooseFile(place) {
    const input = slot(this.viewer, "file", HTMLInputElement);
    input.dataset.place = place;
    input.click();
  }

  /** Where a file opens if no place was chosen: in the pane below if that is empty. */
  get #freePlace() {
    const bottom = this.viewer.paneAt("bottom");
    return bottom && !bottom.sound ? "bottom" : "top";
  }

  listen() {
    const { scope, element } = this.viewer;
    const input = slot(this.viewer, "file", HTMLInputElement);
    scope.listen(slot(this.viewer, "open", HTMLElement), "click", () => this.chooseFile(this.#freePlace));
    scope.listen(slot(this.viewer, "second", HTMLElement), "click", () => this.toggleSecond());
    const openChosen = () => {
      this.openFiles([...(input.files ?? [])], input.dataset.place === "bottom" ? "bottom" : "top");
      input.value = ""; // the same file may be chosen again
    };
    scope.listen(input, "change", openChosen);
    if (input.files?.length) openChosen(); // chosen while this script was on its way
    for (const kind of /** @type {const} */ (["dragenter", "dragover", "dragleave", "drop"]))
      scope.listen(element, kind, (event) => this.#dropFile(event), { capture: true });
  }

  /** @param {DragEvent} event */
  #dropFile(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    const over = event.type === "dragenter" || event.type === "dragover";
    this.viewer.element.classList.toggle("dropping", over);
    if (event.type !== "drop") return;
    const target = event.target instanceof Element ? event.target.closest(".pane") : null;
    const place = this.viewer.panes.find((pane) => pane.element === target)?.place;
    this.openFiles([...event.dataTransfer.files], place ?? this.#freePlace);
  }
}
