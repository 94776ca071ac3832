// @ts-check
// The header: the skip link, the switches for the network and the theme, and the button for the list of shortcuts.
import { find, findAll } from "./dom.js";
import { showHelp } from "./help.js";
import { chosenNetwork, networkCookie } from "./remembered.js";
import { chooseTheme, paint } from "./view.js";

const LOSES_ALL =
  "The page loads again with the other network, and what is not saved is lost: recordings of this session, and labels " +
  "that were not sent yet. Switch?";

/** Whether the page would ask before it is left. */
const wouldAsk = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

/**
 * Return whether the page may be left, after asking where something would be lost.
 * @param {string} question
 */
export const mayLeave = (question) => !wouldAsk() || confirm(question);

/**
 * Load the page again with another cookie, without asking: see `mayLeave`.
 * @param {string} cookie
 */
export function reloadWith(cookie) {
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true }); // asked already
  document.cookie = cookie;
  location.reload();
}

/**
 * Remember a network in this browser, and load the page again: takes and voice profiles belong to one network.
 * @param {string} name
 */
function chooseNetwork(name) {
  if (name === chosenNetwork(document.cookie)) return;
  if (mayLeave(LOSES_ALL)) reloadWith(networkCookie(name, location.pathname));
}

/**
 * Say which adaptation recordings are scored with, if any.
 * @param {Widget} widget
 */
async function showAdaptation({ element, server }) {
  const answer = await server.adaptation_in_use({}).catch(() => null);
  const place = find(element, ".adapted");
  place.hidden = !answer?.name;
  if (!answer?.name) return;
  find(place, "bdi").textContent = answer.name;
  place.title = answer.effect;
}

/** @param {Widget} widget */
export function start(widget) {
  const { element } = widget;
  find(element, ".skip").onclick = (event) => {
    event.preventDefault();
    const open = findAll(document, '[role="tabpanel"]').find((panel) => panel.checkVisibility());
    if (!open) return;
    open.tabIndex = -1;
    open.focus();
  };
  for (const button of findAll(element, "[data-theme-name]"))
    button.onclick = () => chooseTheme(button.dataset.themeName ?? "system");
  for (const button of findAll(element, "[data-network]")) {
    const name = button.dataset.network ?? "small";
    button.setAttribute("aria-pressed", String(name === chosenNetwork(document.cookie)));
    button.onclick = () => chooseNetwork(name);
  }
  find(element, ".help").onclick = showHelp;
  showAdaptation(widget);
  paint();
}
