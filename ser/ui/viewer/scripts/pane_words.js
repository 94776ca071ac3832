// The words of a pane: the invitation while it is empty, its head, the readout under the pointer, its state.

// The empty pane: what a spectrogram is, and sounds to start with.
function invite(pane) {
  const invitation = viewerSlot("invitation").content.firstElementChild.cloneNode(true);
  const second = pane.place === "bottom";
  invitation.dataset.place = pane.place;
  invitation.querySelector("[data-slot=title]").textContent = second ? "Choose the second clip" : "See a voice";
  for (const node of invitation.querySelectorAll("[data-only]")) node.hidden = (node.dataset.only === "bottom") !== second;
  const chips = invitation.querySelector("[data-slot=recent]");
  const before = recent.slice(0, MAX_RECENT);
  chips.replaceChildren(...before.map((request) => {
    const button = dom.node("button", { type: "button", className: "small-button", textContent: request.name || request.key });
    button.addEventListener("click", () => openSound(request, { place: pane.place }));
    return button;
  }));
  invitation.querySelector("[data-slot=again]").hidden = !second || !before.length;
  for (const button of invitation.querySelectorAll("[data-example]")) {
    const request = { kind: "example", key: button.dataset.example, name: button.dataset.example };
    button.addEventListener("click", () => openSound(request, { place: pane.place }));
  }
  invitation.querySelector("[data-act=open]").addEventListener("click", () => chooseFile(pane.place));
  pane.screen.append(invitation);
}

function say(pane, words, problem = false) {
  let place = pane.element.querySelector(".pane-said");
  if (!place) {
    place = dom.node("p", { className: "pane-said" });
    place.setAttribute("role", "status");
    pane.screen.append(place);
  }
  place.textContent = words;
  place.hidden = !words;
  place.classList.toggle("warning", problem);
  pane.element.setAttribute("aria-busy", String(Boolean(words) && !problem));
}

function drawPaneHead(pane) {
  const parts = [dom.node("h3", { textContent: pane.sound?.name || (pane.place === "bottom" ? "Second clip" : "") })];
  if (pane.sound) parts.push(dom.node("span", { className: "length", textContent: `${clockWords(pane.sound.duration_s, 0.01)} s` }));
  pane.readout = dom.node("output", { className: "readout" });
  pane.readout.setAttribute("aria-live", "off"); // it changes with every move of the pointer
  parts.push(pane.readout);
  if (pane.place === "bottom") {
    const close = dom.node("button", { type: "button", className: "small-button", textContent: "Close", title: "Close the second clip (b)" });
    close.addEventListener("click", () => closePane("bottom"));
    parts.push(close);
  }
  pane.head.replaceChildren(...parts);
  pane.head.hidden = !pane.sound && pane.place === "top";
  for (const warning of pane.sound?.warnings || []) pane.head.append(dom.node("p", { className: "warning", textContent: warning }));
}

// After each drawing: the readout, the label of the picture, and what is still loading.
function drawPaneWords(pane) {
  const { cursor, range, sound } = pane;
  const words = cursor ? [`${cursor.time_s.toFixed(3)} s`, ...(cursor.hz === null ? [] : [`${Math.round(cursor.hz)} Hz`, dbWords(valueAt(pane, cursor.time_s, cursor.hz))])] : [];
  const readout = words.join("  ·  ");
  if (pane.readout.textContent !== readout) pane.readout.textContent = readout;
  const label = `Spectrogram of ${sound.name}, ${range.start_s.toFixed(2)} to ${range.end_s.toFixed(2)} s: ${PICTURES[pane.kind]}`;
  if (pane.canvas.ariaLabel !== label) pane.canvas.ariaLabel = label;
  pane.canvas.setAttribute("aria-busy", String(pane.tiles.busy || pane.tiles.readingWindow === true));
  const state = pane.tiles.problem || (pane.tiles.kept.size ? "" : "Drawing…");
  say(pane, state, Boolean(pane.tiles.problem));
}
