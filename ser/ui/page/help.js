// @ts-check
// The list of all shortcuts, opened by `?` or the button in the header.
import { find, node } from "./dom.js";
import { remembered } from "./remembered.js";
import * as shortcuts from "./shortcuts.js";

/** @type {Record<string, string>} */
const NAMES = {
  " ": "Space",
  enter: "Enter",
  escape: "Esc",
  home: "Home",
  end: "End",
  delete: "Delete",
  pageup: "Page ↑",
  pagedown: "Page ↓",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  ctrl: "Ctrl",
  shift: "Shift",
};
const MODIFIERS = /^(?:(ctrl|shift)\+)(?:(shift)\+)?(.+)$/;

/**
 * Return what is printed on the keys of a shortcut, such as ["Ctrl", "Z"] for "ctrl+z".
 * @param {string} key
 */
export function capsOf(key) {
  const [, ...parts] = MODIFIERS.exec(key) || [key, key];
  return parts.filter(Boolean).map((part) => NAMES[part] || (part.length === 1 ? part.toUpperCase() : part));
}

/** @param {string} key */
function keycap(key) {
  const caps = capsOf(key).map((textContent) => node("kbd", { textContent }));
  return caps.length > 1 ? node("span", {}, ...caps.flatMap((cap, i) => (i ? [" ", cap] : [cap]))) : caps[0];
}

/** @typedef {[string[], string]} Row the keys to press one after the other, and what they do */
/**
 * @param {string} title
 * @param {Row[]} rows
 */
function group(title, rows) {
  const list = node("dl");
  for (const [keys, words] of rows) {
    const caps = keys.flatMap((key, i) => (i ? [" then ", keycap(key)] : [keycap(key)]));
    list.append(node("div", {}, node("dt", {}, ...caps), node("dd", { textContent: words })));
  }
  return node("section", {}, node("h3", { textContent: title }), list);
}

function groups() {
  /** @param {string | null} tab */
  const shortcutsOf = (tab) => shortcuts.all.filter((shortcut) => shortcut.tab === tab);
  /** @type {(tab: string | null) => Row[]} */
  const rows = (tab) => shortcutsOf(tab).map(({ key, words }) => [[key], words]);
  const tabs = Object.entries(shortcuts.TABS).filter(([, id]) => shortcuts.tabButton(id));
  /** @type {Row[]} */
  const everywhere = tabs.map(([key, id]) => [["g", key], `open ${shortcuts.tabName(id)}`]);
  const titles = new Map(tabs.map(([, id]) => [id, shortcuts.tabName(id)]));
  for (const { tab } of shortcuts.all)
    if (tab !== null && !titles.has(tab)) titles.set(tab, shortcuts.tabName(tab));
  const perTab = [...titles]
    .filter(([id]) => shortcutsOf(id).length)
    .map(([id, title]) => group(title, rows(id)));
  return [group("Everywhere", [...rows(null), ...everywhere]), ...perTab];
}

export function showHelp() {
  if (document.querySelector("dialog[open]")) return;
  const close = node("button", { type: "button", className: "close", textContent: "Close" });
  const on = node("input", { type: "checkbox", checked: !shortcuts.isOff() });
  const title = node("h2", { id: "help-title", textContent: "Keyboard shortcuts" });
  const dialog = node(
    "dialog",
    { id: "help" },
    node("header", {}, title, close),
    node("div", { className: "groups", tabIndex: 0 }, ...groups()),
    node("p", { textContent: "A tab's shortcuts are listed here once it has been opened." }),
    node("label", {}, on, "Shortcuts are on. They do not work while you type."),
  );
  dialog.setAttribute("aria-labelledby", title.id);
  close.onclick = () => dialog.close();
  on.onchange = () => remembered.set("shortcuts", on.checked ? null : "off");
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // a click outside the list
  dialog.addEventListener("keydown", ({ key }) => key === "?" && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  find(document, ".gradio-container").append(dialog);
  dialog.showModal();
  close.focus();
}

shortcuts.add(null, "?", "show this list", showHelp);
