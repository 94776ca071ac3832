// @ts-check
// The theme and the open tab, which this browser remembers between visits. An address that names them
// (?__theme=dark, ?tab=results) takes precedence.
import { remembered } from "./remembered.js";
import { TABS } from "./shortcuts.js";

function inAddress(name, value) {
  const address = new URL(location.href);
  if (value === undefined) return address.searchParams.get(name);
  if (value === null) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  history.replaceState(history.state, "", address);
}

// Theme. gradio sets the class `dark` when it starts and when the system theme changes; this script overrides it.
const THEMES = ["light", "dark", "system"];
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const theme = () =>
  [inAddress("__theme"), remembered.get("theme")].find((name) => THEMES.includes(name)) || "system";

export function paint() {
  const chosen = theme();
  const dark = chosen === "dark" || (chosen === "system" && systemIsDark.matches);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-name]"))
    button.setAttribute("aria-pressed", String(button.dataset.themeName === chosen));
  if (document.body.classList.contains("dark") === dark) return;
  document.body.classList.toggle("dark", dark);
  window.dispatchEvent(new CustomEvent("theme-changed", { detail: { dark } }));
}

export function chooseTheme(name) {
  remembered.set("theme", name === "system" ? null : name);
  inAddress("__theme", null);
  paint();
}

paint();
systemIsDark.addEventListener("change", paint);
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

// Tabs. gradio draws them after this script has run.
const TAB_IDS = Object.values(TABS);
const tabOf = (target) => target.closest?.('[role="tab"][data-tab-id]')?.dataset.tabId;

function openWhenDrawn(id) {
  const look = new MutationObserver(open);
  function open() {
    if (!document.querySelector('[role="tab"]')) return;
    look.disconnect();
    document.querySelector(`[role="tab"][data-tab-id="${id}"]`)?.click();
  }
  look.observe(document.body, { childList: true, subtree: true });
  open();
}

const first = [inAddress("tab"), remembered.get("tab")].find((id) => TAB_IDS.includes(id));
if (first) openWhenDrawn(first);
document.addEventListener("click", ({ target, isTrusted }) => {
  const id = tabOf(target);
  if (!TAB_IDS.includes(id)) return;
  remembered.set("tab", id);
  if (inAddress("tab") !== id && (isTrusted || inAddress("tab"))) inAddress("tab", id);
});
