// @ts-check
// A tour of five minutes, for a presenter or somebody alone: ?tour=1. Arrow keys go on and back, Escape ends it.
import { closest, node } from "../page/dom.js";
import { tabButton } from "../page/shortcuts.js";
import { openWhenDrawn } from "../page/view.js";
import { stepAfter, stepsFor } from "./steps.js";

/** @import { Step } from "./steps.js" */

const PARAMETER = "tour";
const MARGIN_PX = 12; // from what is highlighted to its frame
const SETTLE_MS = 1200; // what is highlighted may still grow
const TYPED = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]';

/** @param {string} selector */
const visible = (selector) =>
  [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))].find((one) =>
    one.checkVisibility(),
  );

class Tour {
  constructor() {
    this.index = 0;
    this.seen_ms = -Infinity; // when the place of the step appeared
    this.heading = node("h2");
    this.words = node("p", { role: "status" });
    this.frame = node("div", { className: "tour-frame" });
    const button = (/** @type {string} */ text, /** @type {() => void} */ action) =>
      node("button", { type: "button", textContent: text, onclick: action });
    this.back = button("Back", () => this.show(this.index - 1));
    this.next = button("Next", () => (this.isLast ? this.end() : this.show(this.index + 1)));
    this.next.className = "main";
    const panel = node(
      "section",
      { className: "tour-panel", ariaLabel: "Tour" },
      this.heading,
      this.words,
      node(
        "div",
        { className: "tour-buttons" },
        this.back,
        this.next,
        button("End", () => this.end()),
      ),
    );
    this.panel = panel;
    this.root = node("div", { id: "tour", popover: "manual" }, this.frame, panel);
    this.press = this.press.bind(this);
    this.follow = this.follow.bind(this);
  }

  get steps() {
    return stepsFor((selector) => document.querySelector(selector) !== null);
  }

  get step() {
    return this.steps[this.index];
  }

  get isLast() {
    return this.index === this.steps.length - 1;
  }

  begin() {
    (document.querySelector(".gradio-container") ?? document.body).append(this.root);
    this.root.showPopover();
    window.addEventListener("keydown", this.press, true);
    this.show(0);
    this.next.focus({ preventScroll: true });
    this.follow();
  }

  end() {
    window.removeEventListener("keydown", this.press, true);
    this.root.remove();
    document.body.style.paddingBottom = "";
    const address = new URL(location.href);
    address.searchParams.delete(PARAMETER);
    history.replaceState(history.state, "", address);
  }

  /** @param {number} index */
  show(index) {
    this.index = Math.min(Math.max(index, 0), this.steps.length - 1);
    this.seen_ms = -Infinity;
    const { step } = this;
    this.pressed = 0;
    this.back.disabled = this.index === 0;
    this.next.textContent = this.isLast ? "Done" : "Next";
    for (const tab of [step.tab, step.inner]) {
      const button = tab && tabButton(tab);
      if (button && button.getAttribute("aria-selected") !== "true") button.click();
    }
    if (step.inner && !tabButton(step.inner)) openWhenDrawn(step.inner);
  }

  /** Say the sentence, press what is to be pressed as soon as it is there, and keep the frame around the place. */
  follow() {
    if (!this.root.isConnected) return;
    const { step } = this;
    const computed = step.says ? (document.querySelector(step.says)?.textContent ?? "") : "";
    const words = [computed, step.words].filter(Boolean).join(" ");
    if (this.words.textContent !== words) this.words.textContent = words;
    // A place that comes late, such as the clips of a data set, adds a step.
    const heading = `${this.index + 1} of ${this.steps.length}: ${step.title}`;
    if (this.heading.textContent !== heading) this.heading.textContent = heading;
    this.pressNext(step);
    this.highlight(visible(step.place));
    requestAnimationFrame(this.follow);
  }

  /** @param {Step} step */
  pressNext({ press = [], ready = "" }) {
    if (this.pressed === undefined || this.pressed >= press.length || (ready && visible(ready))) return;
    const button = visible(press[this.pressed]);
    if (!button) return;
    this.pressed += 1;
    button.click();
  }

  /** @param {HTMLElement | undefined} place */
  highlight(place) {
    this.frame.hidden = !place;
    if (!place) return;
    if (this.seen_ms === -Infinity) this.seen_ms = performance.now();
    const room = innerHeight - this.panel.offsetHeight;
    document.body.style.paddingBottom = `${innerHeight - room}px`; // so that the last place can be scrolled up
    const { top, left, width, height } = place.getBoundingClientRect();
    const isNew = performance.now() - this.seen_ms < SETTLE_MS;
    const wanted = Math.max((room - height) / 2, 2 * MARGIN_PX);
    if (isNew && Math.abs(top - wanted) > 1) scrollBy({ top: top - wanted, behavior: "instant" });
    const now = place.getBoundingClientRect();
    const y = Math.max(now.top - MARGIN_PX, 2);
    Object.assign(this.frame.style, {
      left: `${Math.max(left - MARGIN_PX, 2)}px`,
      top: `${y}px`,
      width: `${Math.min(width + 2 * MARGIN_PX, innerWidth - 4)}px`,
      height: `${Math.max(Math.min(now.bottom + MARGIN_PX, room - 4) - y, 0)}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || closest(event.target, TYPED)) return;
    if (document.querySelector("dialog[open]")) return;
    const next = stepAfter(this.index, event.key, this.steps.length);
    if (next === undefined && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (next === undefined) this.end();
    else this.show(next);
  }
}

/** @type {Tour | null} */
let tour = null;

function begin() {
  if (tour?.root.isConnected) return;
  tour = new Tour();
  tour.begin();
}

/** Begin once the Record tab is drawn, as the steps depend on what it has. */
function beginWhenDrawn() {
  const look = new MutationObserver(() => isDrawn() && start());
  const isDrawn = () => document.querySelector(".recorder") !== null && tabButton("about") !== null;
  function start() {
    look.disconnect();
    begin();
  }
  look.observe(document.body, { childList: true, subtree: true });
  if (isDrawn()) start();
}

if (new URL(location.href).searchParams.has(PARAMETER)) beginWhenDrawn();
document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-tour]")) begin();
});
