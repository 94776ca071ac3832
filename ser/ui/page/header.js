// @ts-check
// The header: the skip link, the switch for the theme, and the button for the list of shortcuts.
import { showHelp } from "./help.js";
import { chooseTheme, paint } from "./view.js";

/** @param {Widget} widget */
export function start({ element }) {
  /** @type {HTMLElement} */ (element.querySelector(".skip")).onclick = (event) => {
    event.preventDefault();
    const panels = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[role="tabpanel"]'));
    const open = [...panels].find((panel) => panel.checkVisibility());
    if (!open) return;
    open.tabIndex = -1;
    open.focus();
  };
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-theme-name]")))
    button.onclick = () => chooseTheme(button.dataset.themeName ?? "system");
  /** @type {HTMLElement} */ (element.querySelector(".help")).onclick = showHelp;
  paint();
}
