// @ts-check
// The wall view of Live: six large bars and nothing else, for a room. Its address is ?present=live.
import { find } from "../../page/dom.js";
import { openWhenDrawn } from "../../page/view.js";

const [PARAMETER, NAME] = ["present", "live"];
const isInAddress = () => new URL(location.href).searchParams.get(PARAMETER) === NAME;

/** @param {boolean} isOpen */
function setInAddress(isOpen) {
  const address = new URL(location.href);
  if (isOpen) address.searchParams.set(PARAMETER, NAME);
  else address.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", address);
}

/** @param {HTMLElement} live */
export function startWall(live) {
  const button = find(live, ".live-wall");

  /** @param {boolean} isOpen */
  function show(isOpen) {
    live.classList.toggle("wall", isOpen);
    button.textContent = isOpen ? "Leave" : "Wall view";
    setInAddress(isOpen);
    if (isOpen) {
      live.popover = "manual"; // above everything; the one kind that stays when the browser goes to full screen
      live.showPopover();
      live.tabIndex = -1;
      live.focus(); // R starts, Escape leaves, Tab leads to the buttons
    } else live.removeAttribute("popover");
  }

  button.addEventListener("click", () => show(!live.classList.contains("wall")));
  live.addEventListener(
    "keydown",
    ({ key }) => key === "Escape" && live.classList.contains("wall") && show(false),
  );
  if (isInAddress()) show(true);
}

if (isInAddress()) openWhenDrawn("live");
