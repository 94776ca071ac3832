// @ts-check
// The theme, which this browser remembers between visits, and the open tab, which the address names (?tab=results): a reload
// opens it again, and a bare address opens the tab that the app was started for. What the address names takes precedence: a
// theme (?__theme=dark), a take (?take=…), the wall view (?present=live) or a plot (?present=confusion).
import { closest, findAll } from "./dom.js";
import { remembered } from "./remembered.js";
import { tabButton, TABS } from "./shortcuts.js";

/**
 * Return a parameter of the page's address.
 * @param {string} name
 */
const inAddress = (name) => new URL(location.href).searchParams.get(name);

/**
 * @param {string} name
 * @param {string | null} value null to remove the parameter
 */
function setInAddress(name, value) {
  const address = new URL(location.href);
  if (value === null) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  history.replaceState(history.state, "", address);
}

// Theme. gradio sets the class `dark` when it starts and when the system theme changes; this script overrides it.
const THEMES = ["light", "dark", "system"];
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => firstOf(THEMES, inAddress("__theme"), remembered.get("theme")) || "system";

/**
 * Return the first of some values that is one of the allowed ones.
 * @param {string[]} allowed
 * @param {...(string | null | undefined)} values
 */
const firstOf = (allowed, ...values) => values.find((value) => allowed.includes(value ?? ""));

let onPaper = false; // which is white

export function paint() {
  const chosen = theme();
  const dark = !onPaper && (chosen === "dark" || (chosen === "system" && systemIsDark.matches));
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  for (const button of findAll(document, "[data-theme-name]"))
    button.setAttribute("aria-pressed", String(button.dataset.themeName === chosen));
  if (document.body.classList.contains("dark") === dark) return;
  document.body.classList.toggle("dark", dark);
  window.dispatchEvent(new CustomEvent("theme-changed", { detail: { dark } }));
}

/** @param {string} name one of `THEMES` */
export function chooseTheme(name) {
  remembered.set("theme", name === "system" ? null : name);
  setInAddress("__theme", null);
  paint();
}

/** @param {boolean} prints */
function paintOnPaper(prints) {
  onPaper = prints;
  paint();
}

paint();
// Firefox sends only the events of the window.
window.addEventListener("beforeprint", () => paintOnPaper(true));
window.addEventListener("afterprint", () => paintOnPaper(false));
matchMedia("print").addEventListener("change", ({ matches }) => paintOnPaper(matches));
systemIsDark.addEventListener("change", paint);
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

// Tabs. gradio draws them after this script has run.
const TAB_IDS = Object.values(TABS);

/**
 * Open a tab of the page, or a tab inside one, as soon as gradio has drawn it.
 * @param {string} id
 */
export function openWhenDrawn(id) {
  const look = new MutationObserver(open);
  function open() {
    if (!tabButton(id)) return;
    look.disconnect();
    tabButton(id)?.click();
  }
  look.observe(document.body, { childList: true, subtree: true });
  open();
}

/** The tab of the view that the address names without its tab, as links to takes do. */
function tabOfView() {
  const present = inAddress("present");
  if (inAddress("take") !== null || present === "live") return TABS.r;
  return present === null ? undefined : TABS.s;
}

/** The tab that the app was started for: the desk where there is a folder to label. */
function startedFor() {
  const tabs = window.gradio_config?.components?.find(({ type }) => type === "tabs");
  return tabs?.props?.elem_classes?.includes("desk-first") ? TABS.i : undefined;
}

// A change of the tab is a step of the browser's history: Back returns to the tab before, and does not leave the app.
let openId = firstOf(TAB_IDS, inAddress("tab"), tabOfView(), startedFor()) ?? TAB_IDS[0];
history.replaceState({ ...history.state, tab: openId }, "");
openWhenDrawn(openId);

document.addEventListener("click", ({ target }) => {
  const id = closest(target, '[role="tab"][data-tab-id]')?.dataset.tabId;
  if (!id || !TAB_IDS.includes(id) || id === openId) return;
  openId = id;
  const address = new URL(location.href);
  address.searchParams.set("tab", id);
  history.pushState({ tab: id }, "", address);
});

window.addEventListener("popstate", ({ state }) => {
  const id = firstOf(TAB_IDS, state?.tab, inAddress("tab"));
  if (!id || id === openId) return;
  openId = id;
  tabButton(id)?.click();
});
