// @ts-check
// Keyboard shortcuts. A tab's script calls
//   add("record", "r", "record, or stop", action)
// A shortcut works while its tab is open, nobody types, no dialog is open and only the modifiers in its key are held, as in
// "ctrl+z" (Cmd on a Mac) and "shift+u". A shortcut without a tab (null) works everywhere. `?` lists all shortcuts; g and a
// letter opens a tab. Keyboards of other countries and alphabets work too, see `namesOf`.
import { remembered } from "./remembered.js";

/**
 * @typedef {object} Shortcut
 * @property {string | null} tab id of the tab in which it works; null for everywhere
 * @property {string} key
 * @property {string} words what it does
 * @property {(event: KeyboardEvent) => void} action
 */

// All tabs of the page. Others have no address and are not opened again after a reload.
/** @type {Record<string, string>} */
export const TABS = { r: "record", i: "inspect", d: "dataset", s: "results", a: "about" };
const SECOND_KEY_MS = 1500;
/** @type {Shortcut[]} */
export const all = [];
let waitingSince = -Infinity; // time at which g was pressed

// A key that comes before the page is ready waits for the widget that knows it.
const EARLY_MS = 10_000; // after the page was asked for
const WAITS_MS = 5_000;
/** @type {{ keys: string[], event: KeyboardEvent } | null} */
let early = null;

/**
 * Add a shortcut. A widget that is drawn again adds its shortcuts again, which replace the old ones.
 * @param {string | null} tab
 * @param {string} key
 * @param {string} words
 * @param {Shortcut["action"]} action
 */
export function add(tab, key, words, action) {
  const shortcut = { tab, key: key.toLowerCase(), words, action };
  const index = all.findIndex((other) => other.tab === tab && other.key === shortcut.key);
  if (index >= 0) {
    all[index] = shortcut;
    return;
  }
  all.push(shortcut);
  if (!early?.keys.includes(shortcut.key) || performance.now() - early.event.timeStamp > WAITS_MS) return;
  if (tab !== null && !isOpen(tab)) return;
  const { event } = early;
  early = null;
  action(event);
}

/**
 * Return the button of a tab of the page, or of a tab inside one, or null where it has not been drawn.
 * @param {string} id
 * @returns {HTMLElement | null}
 */
export const tabButton = (id) => document.querySelector(`[role="tab"][data-tab-id="${CSS.escape(id)}"]`);

/** @param {string} id */
export const tabName = (id) => tabButton(id)?.textContent.trim() || id;

/**
 * Return whether a tab is open: an inner tab only while its outer tab is.
 * @param {string} id
 */
export function isOpen(id) {
  const button = tabButton(id);
  if (button?.getAttribute("aria-selected") !== "true") return false;
  const outer = button.closest('[role="tabpanel"]');
  return !outer || outer.checkVisibility();
}

/** @param {string} id */
export function openTab(id) {
  const button = tabButton(id);
  button?.click();
  button?.focus({ preventScroll: true });
}

// The focused element may use the key itself: letters in a text field, Space on a button, arrows on a slider.
const TEXT =
  'input:not([type="checkbox"], [type="radio"], [type="range"], [type="button"], [type="submit"], [type="file"]), textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"], [role="combobox"], [role="searchbox"]';
const PRESSED =
  'button, a[href], summary, input, audio, video, [role="button"], [role="option"], [role="checkbox"], [role="switch"], [role="menuitem"]';
const MOVED =
  'input, audio, video, [role="slider"], [role="radio"], [role="listbox"], [role="option"], [role="menu"], [role="menuitem"], [role="spinbutton"]';

/**
 * @param {EventTarget} target
 * @param {string} key
 */
function usesKey(target, key) {
  if (!(target instanceof Element)) return false;
  if (target.closest(TEXT)) return true;
  if (key === " " || key === "enter")
    return Boolean(target.closest(PRESSED)) && !target.matches('[role="tab"][aria-selected="true"]');
  if (/^(arrow|home|end|page)/.test(key)) return Boolean(target.closest(MOVED));
  return false;
}

export const isOff = () => remembered.get("shortcuts") === "off";

/**
 * Return for example "ctrl+shift+z" or "shift+u". Shift is left out where it only produces another character, such as "?".
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">} event
 */
export function nameOf(event) {
  const key = event.key.toLowerCase();
  const shifted = event.shiftKey && (key.length > 1 || key === " " || key !== key.toUpperCase());
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${shifted ? "shift+" : ""}${key}`;
}

/** @type {Record<string, string>} */
const BRACKETS = { BracketLeft: "[", BracketRight: "]" };

/**
 * Return the sign that an English keyboard has where a key is, or null if the key's own sign counts.
 *
 * Where the digits need Shift, as in France, or are other digits, as in Egypt, a key of that row is its digit. A key with a
 * letter of another alphabet is the letter of its place. A Latin letter is itself: in France, Q is where A is in England.
 * @param {Pick<KeyboardEvent, "key" | "code" | "shiftKey">} event
 */
function signOfPlace({ key, code, shiftKey }) {
  if ([...key].length !== 1) return null; // a named key, such as Enter
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit) return shiftKey || /\d/.test(key) ? null : digit;
  if (!/\p{L}/u.test(key) || /[a-z]/i.test(key)) return null;
  return BRACKETS[code] ?? /^Key(\w)$/.exec(code)?.[1].toLowerCase() ?? null;
}

/**
 * Return the names of a key that may be those of a shortcut, by its place and by its sign.
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey">} event
 */
export function namesOf(event) {
  const { ctrlKey, metaKey, shiftKey } = event;
  const place = signOfPlace(event);
  return [
    ...(place ? [nameOf({ key: place, ctrlKey, metaKey, shiftKey })] : []),
    nameOf({ key: event.key.replace("؟", "?"), ctrlKey, metaKey, shiftKey }),
  ];
}

/**
 * Return the shortcut of a key: that of an open tab before one that works everywhere.
 * @param {string} key
 * @param {(tab: string) => boolean} [open] whether a tab is open
 */
export function shortcutOf(key, open = isOpen) {
  const matching = all.filter((shortcut) => shortcut.key === key);
  return matching.find(({ tab }) => tab !== null && open(tab)) || matching.find(({ tab }) => tab === null);
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || !event.key) return;
  const keys = namesOf(event);
  if (event.repeat && !keys[0].startsWith("arrow")) return;
  const target = event.composedPath()[0];
  if (isOff() || document.querySelector("dialog[open]") || usesKey(target, keys[0])) return;
  const second = event.timeStamp - waitingSince < SECOND_KEY_MS;
  waitingSince = -Infinity;
  const tab = keys.map((key) => TABS[key]).find((id) => id && tabButton(id));
  if (second && tab) {
    event.preventDefault();
    openTab(tab);
  } else if (keys.includes("g")) {
    waitingSince = event.timeStamp;
  } else {
    const shortcut = keys.map((key) => shortcutOf(key)).find(Boolean);
    early = shortcut || event.timeStamp > EARLY_MS ? null : { keys, event };
    if (!shortcut) return;
    event.preventDefault();
    shortcut.action(event);
  }
}

// The open list of a dropdown scrolls, so Tab would lead into it; it then closes, and the focus would be nowhere.
/** @param {KeyboardEvent} event */
function passLists({ key }) {
  if (key !== "Tab") return;
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[role=listbox]")).forEach((list) => {
    list.tabIndex = -1;
  });
}

// On the window, in the bubbling phase: a widget that used the key has called preventDefault by then.
export function listenForKeys() {
  window.addEventListener("keydown", press);
  window.addEventListener("keydown", passLists, true);
}
