// @ts-check
// The header: the skip link, the switch for the theme, and the button for the list of shortcuts.
import { find, findAll } from "./dom.js";
import { showHelp } from "./help.js";
import { chooseTheme, paint } from "./view.js";

/** @param {Widget} widget */
export function start({ element }) {
  find(element, ".skip").onclick = (event) => {
    event.preventDefault();
    const open = findAll(document, '[role="tabpanel"]').find((panel) => panel.checkVisibility());
    if (!open) return;
    open.tabIndex = -1;
    open.focus();
  };
  for (const button of findAll(element, "[data-theme-name]"))
    button.onclick = () => chooseTheme(button.dataset.themeName ?? "system");
  find(element, ".help").onclick = showHelp;
  paint();
}
