// How the picture is drawn: its kind, colours, floor and contrast, and the toolbar that chooses them.

// The same for both panes, so that they can be compared.
const PICTURES = {
  model: "the log-mel that the network scores, inside the scored window; around it the whole clip, dimmed",
  full: "the whole clip by the network's recipe, in dB below its loudest part",
  narrow: "the whole clip in fine detail, linear in Hz: harmonics come apart",
};
const FLOOR = { low: -100, high: -20, step: 5, usual: -80 };
const CONTRAST = { low: 0.4, high: 3, step: 0.2, usual: 1 };

const chosenView = {
  kind: "model",
  colours: "magma",
  floor_db: FLOOR.usual,
  contrast: CONTRAST.usual,
};

function recallView() {
  const kept = (name) => window.remembered?.get(`spectrogram-${name}`);
  if (kept("kind") in PICTURES) chosenView.kind = kept("kind");
  if (kept("colours") in COLOUR_MAPS) chosenView.colours = kept("colours");
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
  viewerSlot("usual").disabled = chosenView.floor_db === FLOOR.usual && chosenView.contrast === CONTRAST.usual;
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
  // The panel folds away when somebody goes on elsewhere.
  const look = viewerSlot("look");
  document.addEventListener("pointerdown", ({ target }) => look.contains(target) || (look.open = false));
  look.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !look.open) return;
    event.preventDefault();
    look.open = false;
    look.querySelector("summary").focus();
  });
  viewerSlot("usual").addEventListener("click", () => chooseView({ floor_db: FLOOR.usual, contrast: CONTRAST.usual }));
  viewerSlot("second").addEventListener("click", toggleSecond);
}

function nextOf(names, name) {
  return names[(names.indexOf(name) + 1) % names.length];
}
