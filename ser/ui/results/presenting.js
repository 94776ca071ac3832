// @ts-check
// The presenting view of the Results tab: a <dialog> above everything else, which shows a copy of one plot at a time.
import { closest, find, findAll, node } from "../page/dom.js";

const HIDE_MS = 2500; // the footer hides when nothing moves for that long
/** @type {Record<string, number>} including the keys that presenters' remote controls send */
const STEPS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };

export class Presenting {
  /** @param {HTMLElement} element of the widget, whose content is replaced: nothing in it is kept here */
  constructor(element) {
    this.element = element;
    this.index = -1; // of the presented plot
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hideTimer = undefined;
  }

  /** @returns {HTMLDialogElement | null} null while the results are being computed */
  get dialog() {
    return this.element.querySelector("dialog.presenting");
  }

  get plots() {
    return findAll(this.element, ".results > figure.plot, .network-plots figure.plot");
  }

  // gradio shows the page once the server has computed it.
  begin() {
    const { dialog } = this;
    if (!dialog || dialog.onclose) return;
    dialog.onclose = () => this.leave();
    dialog.onpointermove = () => this.showFooter();
    dialog.onfocus = () => this.showFooter();
    const name = new URL(location.href).searchParams.get("present");
    if (name) this.presentNamed(name);
  }

  /** @param {number} index of a plot; one after the last is the first */
  present(index) {
    const { dialog, plots } = this;
    if (!dialog) return;
    this.index = (index + plots.length) % plots.length;
    const plot = plots[this.index];
    const slide = find(dialog, ".slide");
    slide.replaceChildren(...[plot, ...this.beside(plot)].map(copyOf));
    const isConfusion = plot.dataset.plot === "confusion";
    if (isConfusion) slide.append(node("section", { className: "cell-clips" }));
    slide.classList.toggle("double", isConfusion);
    find(dialog, ".place").textContent = `${this.index + 1} / ${plots.length}`;
    if (!dialog.open) dialog.showModal();
    dialog.focus();
    setInAddress(plot.dataset.plot);
  }

  /**
   * Return the plots that share a slide with a plot: people's confusions stand beside the network's.
   * @param {HTMLElement} plot
   */
  beside(plot) {
    return plot.dataset.plot === "confusion"
      ? this.plots.filter((other) => other.dataset.plot === "people")
      : [];
  }

  /** @param {string} name */
  presentNamed(name) {
    const index = this.plots.findIndex((plot) => plot.dataset.plot === name);
    if (index >= 0) this.present(index);
  }

  leave() {
    setInAddress(undefined);
    const plot = this.plots[this.index];
    if (!plot) return;
    plot.scrollIntoView({ block: "nearest" });
    find(plot, "[data-present]").focus();
  }

  showFooter() {
    this.dialog?.classList.remove("idle");
    clearTimeout(this.hideTimer);
    this.hideTimer = setTimeout(() => this.dialog?.classList.add("idle"), HIDE_MS);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && closest(event.target, "button")) return;
    if (event.key in STEPS) this.present(this.index + STEPS[event.key]);
    else if (event.key === "Home") this.present(0);
    else if (event.key === "End") this.present(this.plots.length - 1);
    else return;
    event.preventDefault();
  }
}

/**
 * Repeat in the page's address which plot is presented.
 * @param {string | undefined} name
 */
function setInAddress(name) {
  const url = new URL(location.href);
  if (name) url.searchParams.set("present", name);
  else url.searchParams.delete("present");
  history.replaceState(history.state, "", url);
}

/**
 * Return a copy of a plot without its tools; the cells of its matrix still list their clips.
 * @param {HTMLElement} plot
 */
function copyOf(plot) {
  const copy = /** @type {HTMLElement} */ (plot.cloneNode(true));
  copy.querySelectorAll(".tools").forEach((part) => part.remove());
  copy.querySelectorAll("[aria-pressed]").forEach((cell) => cell.setAttribute("aria-pressed", "false"));
  return copy;
}
