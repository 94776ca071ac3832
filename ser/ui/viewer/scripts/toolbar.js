// @ts-check
// The toolbar above the panes: it chooses how the picture is drawn.
import { find, findAll } from "../../page/dom.js";
import { CONTRAST, FLOOR, PICTURES } from "./picture_choices.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

/**
 * Return a part of the viewer's page.
 * @template {Element} Kind
 * @param {Viewer} viewer
 * @param {string} name
 * @param {new () => Kind} kind
 */
export const slot = (viewer, name, kind) => find(viewer.element, `[data-slot="${name}"]`, kind);

/** @param {Viewer} viewer */
export function drawToolbar(viewer) {
  const { kind, colours, floor_db, contrast } = viewer.choices;
  for (const button of findAll(viewer.element, "[data-kind]"))
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  slot(viewer, "colours", HTMLSelectElement).value = colours;
  slot(viewer, "floor", HTMLInputElement).value = String(floor_db);
  slot(viewer, "floor-words", HTMLElement).textContent = `−${-floor_db} dB`;
  slot(viewer, "contrast", HTMLInputElement).value = String(contrast);
  slot(viewer, "contrast-words", HTMLElement).textContent = contrast.toFixed(1);
  slot(viewer, "usual", HTMLButtonElement).disabled =
    floor_db === FLOOR.initial && contrast === CONTRAST.initial;
  slot(viewer, "second", HTMLElement).setAttribute("aria-pressed", String(viewer.panes.length > 1));
  const open = viewer.panes.some((pane) => pane.sound);
  slot(viewer, "view", HTMLElement).hidden = !open;
  // An empty pane has its own button.
  slot(viewer, "second", HTMLElement).hidden = slot(viewer, "open", HTMLElement).hidden = !open;
  slot(viewer, "kind-words", HTMLElement).textContent =
    `${PICTURES[kind][0].toUpperCase()}${PICTURES[kind].slice(1)}.`;
}

/**
 * @param {Viewer} viewer
 * @param {Partial<import("./picture_choices.js").Choices>} changes
 */
export function choose(viewer, changes) {
  viewer.choices.choose(changes);
  drawToolbar(viewer);
  for (const pane of viewer.panes) pane.redraw();
}

/** @param {Viewer} viewer */
export function listenToToolbar(viewer) {
  const { scope } = viewer;
  for (const button of findAll(viewer.element, "[data-kind]"))
    scope.listen(button, "click", () => choose(viewer, { kind: button.dataset.kind }));
  const [colours, floor, contrast] = [
    slot(viewer, "colours", HTMLSelectElement),
    slot(viewer, "floor", HTMLInputElement),
    slot(viewer, "contrast", HTMLInputElement),
  ];
  scope.listen(colours, "change", () => choose(viewer, { colours: colours.value }));
  scope.listen(floor, "input", () => choose(viewer, { floor_db: floor.valueAsNumber }));
  scope.listen(contrast, "input", () => choose(viewer, { contrast: contrast.valueAsNumber }));
  scope.listen(slot(viewer, "usual", HTMLElement), "click", () =>
    choose(viewer, { floor_db: FLOOR.initial, contrast: CONTRAST.initial }),
  );
  listenToLook(viewer);
}

/**
 * The panel with floor and contrast is closed by Escape, and by a press anywhere else.
 * @param {Viewer} viewer
 */
function listenToLook(viewer) {
  const look = slot(viewer, "look", HTMLDetailsElement);
  viewer.scope.listen(document, "pointerdown", ({ target }) => {
    if (!look.contains(/** @type {Node} */ (target))) look.open = false;
  });
  viewer.scope.listen(look, "keydown", (event) => {
    if (event.key !== "Escape" || !look.open) return;
    event.preventDefault();
    look.open = false;
    find(look, "summary", HTMLElement).focus();
  });
}
