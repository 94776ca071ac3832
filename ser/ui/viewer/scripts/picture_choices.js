// How the picture is drawn: its kind, colours, floor and contrast, and the toolbar that chooses them.

// Both panes use the same choices, which makes them comparable.
const PICTURES = {
  model: "the log-mel that the network scores, in the scored window, and the rest of the clip dimmed around it",
  full: "the whole clip by the network's recipe, in dB below its loudest part",
  narrow: "the whole clip in fine detail, linear in Hz, with single harmonics",
};
const FLOOR = { low: -100, high: -20, step: 5, initial: -80 };
const CONTRAST = { low: 0.4, high: 3, step: 0.2, initial: 1 };

const chosenView = {
  kind: "model",
  colours: "magma",
  floor_db: FLOOR.initial,
  contrast: CONTRAST.initial,
};

function recallView() {
  const remembered = (name) => window.remembered?.get(`spectrogram-${name}`);
  if (remembered("kind") in PICTURES) chosenView.kind = remembered("kind");
  if (remembered("colours") in COLOUR_MAPS) chosenView.colours = remembered("colours");
}

function chooseView(changes) {
  Object.assign(chosenView, changes);
  chosenView.floor_db = clampTo(chosenView.floor_db, FLOOR.low, FLOOR.high);
  chosenView.contrast = clampTo(Math.round(chosenView.contrast * 10) / 10, CONTRAST.low, CONTRAST.high);
  for (const name of ["kind", "colours"]) window.remembered?.set(`spectrogram-${name}`, chosenView[name]);
  drawChoices();
  window.inspect.panes.forEach((pane) => pane.redraw());
}

// ---- the toolbar above the panes

function drawChoices() {
  for (const button of element.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === chosenView.kind));
  viewerSlot("colours").value = chosenView.colours;
  viewerSlot("floor").value = chosenView.floor_db;
  viewerSlot("floor-words").textContent = `−${-chosenView.floor_db} dB`;
  viewerSlot("contrast").value = chosenView.contrast;
  viewerSlot("contrast-words").textContent = chosenView.contrast.toFixed(1);
  viewerSlot("usual").disabled = chosenView.floor_db === FLOOR.initial && chosenView.contrast === CONTRAST.initial;
  viewerSlot("second").setAttribute("aria-pressed", String(window.inspect.panes.length > 1));
  const open = window.inspect.panes.some((pane) => pane.sound);
  viewerSlot("view").hidden = !open;
  viewerSlot("second").hidden = viewerSlot("open").hidden = !open; // an empty pane has its own button
  viewerSlot("kind-words").textContent = `${PICTURES[chosenView.kind][0].toUpperCase()}${PICTURES[chosenView.kind].slice(1)}.`;
}

function listenToChoices() {
  for (const button of element.querySelectorAll("[data-kind]")) button.addEventListener("click", () => chooseView({ kind: button.dataset.kind }));
  viewerSlot("colours").addEventListener("change", () => chooseView({ colours: viewerSlot("colours").value }));
  viewerSlot("floor").addEventListener("input", () => chooseView({ floor_db: viewerSlot("floor").valueAsNumber }));
  viewerSlot("contrast").addEventListener("input", () => chooseView({ contrast: viewerSlot("contrast").valueAsNumber }));
  // A press anywhere else closes the panel.
  const look = viewerSlot("look");
  document.addEventListener("pointerdown", ({ target }) => look.contains(target) || (look.open = false));
  look.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !look.open) return;
    event.preventDefault();
    look.open = false;
    look.querySelector("summary").focus();
  });
  viewerSlot("usual").addEventListener("click", () => chooseView({ floor_db: FLOOR.initial, contrast: CONTRAST.initial }));
  viewerSlot("second").addEventListener("click", toggleSecond);
}

function nextOf(names, name) {
  return names[(names.indexOf(name) + 1) % names.length];
}
