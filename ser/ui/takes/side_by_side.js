// @ts-check
// The comparison of two takes that were chosen in the side panel, possibly before this tab was first opened.
import { closest, find } from "../page/dom.js";
import { comparison, whySilent } from "./shared.js";

/** @param {Widget} widget */
export function start({ element, props, trigger, watch }) {
  let scrolls = false;

  function ask() {
    const { ids, show } = comparison;
    if (!ids.length) return;
    scrolls = scrolls || show;
    comparison.show = false;
    trigger("takes_compare", { ids });
  }

  function onDrawn() {
    const title = /** @type {HTMLElement | null} */ (element.querySelector("#comparison-title"));
    if (!title || !scrolls) return;
    scrolls = false;
    title.focus({ preventScroll: true });
    const smooth = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    title.closest("section")?.scrollIntoView({ behavior: smooth ? "smooth" : "auto", block: "start" });
  }

  // Events of a player do not bubble.
  element.addEventListener(
    "error",
    async ({ target }) => {
      if (!(target instanceof HTMLAudioElement) || !target.parentElement) return;
      const message = find(target.parentElement, ".gone");
      message.textContent = await whySilent(target.getAttribute("src") ?? "", props.hours);
    },
    true,
  );
  element.addEventListener(
    "play",
    ({ target }) => element.querySelectorAll("audio").forEach((other) => other !== target && other.pause()),
    true,
  );
  element.addEventListener("click", ({ target }) => {
    if (closest(target, '[data-do="end"]')) trigger("takes_compare", { ids: [] });
  });

  window.addEventListener("takes-compared", ask);
  watch("value", onDrawn);
  ask();
}
