// Opening sounds: by request, as a chosen or dropped file, or as an example.
const MAX_RECENT = 6;
const visits = { top: 0, bottom: 0 }; // number of the latest request for a place; older answers are ignored
const recent = []; // requests of this session, the latest first

const sameSound = (one, other) => one && other && one.kind === other.kind && one.key === other.key;
const paneAt = (place) => window.inspect.panes.find((pane) => pane.place === place);

function addPane(place) {
  const pane = new Pane(place);
  const old = paneAt(place);
  if (old) {
    old.element.replaceWith(pane.element);
    window.inspect.panes[window.inspect.panes.indexOf(old)] = pane;
  } else {
    viewerSlot("panes").append(pane.element);
    window.inspect.panes.push(pane);
  }
  element.classList.toggle("two", window.inspect.panes.length > 1);
  buildViewGroup(pane);
  drawPaneHead(pane);
  invite(pane);
  pane.readInk();
  makeCurrent(pane);
  drawChoices();
  return pane;
}

async function openSound(request, { place = "top", play = false } = {}) {
  const visit = ++visits[place];
  const pane = paneAt(place) || addPane(place);
  say(pane, `Opening ${request.name || request.key}…`);
  const sound = await window.answerTo(server.open_sound(request));
  if (visit !== visits[place]) return paneAt(place);
  const about = sound.problem ? sound : await window.answerTo(server.read_about({ token: sound.token }));
  if (visit !== visits[place]) return paneAt(place);
  if (about.problem) return fail(place, about.problem);
  show(pane, { kind: request.kind, key: request.key, ...sound }, about, play);
  return pane;
}

function show(pane, sound, about, play) {
  say(pane, "");
  pane.element.querySelector(".invitation")?.remove();
  pane.show(sound, about);
  remember(sound);
  for (const each of window.inspect.panes) each.readInk();
  pane.setRange(0, longest_s());
  makeCurrent(pane);
  window.inspect.emit("open", { pane, play });
  window.inspect.panes.forEach(drawViewGroup);
  drawChoices();
  pane.redraw();
}

function remember({ kind, key, name }) {
  const old = recent.findIndex((other) => sameSound(other, { kind, key }));
  if (old >= 0) recent.splice(old, 1);
  recent.unshift({ kind, key, name });
  recent.length = Math.min(recent.length, MAX_RECENT);
}

// Remove the previous sound: it could be mistaken for the one that could not be opened.
function fail(place, problem) {
  const old = paneAt(place);
  if (old?.sound) window.inspect.emit("close", { pane: old });
  const pane = addPane(place);
  say(pane, problem, true);
  return pane;
}

function closePane(place = "bottom") {
  const pane = paneAt(place);
  if (place !== "bottom" || !pane) return;
  visits.bottom++;
  if (pane.sound) window.inspect.emit("close", { pane });
  pane.element.remove();
  window.inspect.panes = window.inspect.panes.filter((other) => other !== pane);
  element.classList.remove("two");
  const top = paneAt("top");
  makeCurrent(top);
  if (top.sound) top.setRange(top.range.start_s, top.range.end_s);
  drawChoices();
}

const toggleSecond = () => (paneAt("bottom") ? closePane("bottom") : addPane("bottom"));

// ---- files

async function openFiles(files, place) {
  const [first, second] = files;
  if (!first) return;
  await openFile(first, place);
  if (second && place === "top") await openFile(second, "bottom");
}

async function openFile(file, place) {
  const pane = paneAt(place) || addPane(place);
  const visit = ++visits[place];
  say(pane, `Sending ${file.name}…`);
  let uploaded;
  try {
    uploaded = await upload(file);
  } catch {
    if (visit === visits[place]) fail(place, "The file could not be sent. Files can have up to 100 MB: save a long recording as FLAC or MP3 to make it smaller.");
    return;
  }
  if (visit === visits[place]) await openSound({ kind: "upload", key: uploaded.path, name: file.name.replace(/\.[^.]+$/, "") }, { place });
}

// A chosen file opens in an empty pane if there is one.
const wantedPlace = () => (paneAt("bottom") && !paneAt("bottom").sound ? "bottom" : "top");

function listenToFiles() {
  const input = viewerSlot("file");
  viewerSlot("open").addEventListener("click", () => chooseFile(wantedPlace()));
  input.addEventListener("change", () => {
    openFiles([...input.files], input.dataset.place || "top");
    input.value = ""; // the same file may be chosen again
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) element.addEventListener(kind, dropFile, true);
}

function chooseFile(place) {
  const input = viewerSlot("file");
  input.dataset.place = place;
  input.click();
}

function dropFile(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.stopPropagation();
  const over = event.type === "dragenter" || event.type === "dragover";
  element.classList.toggle("dropping", over);
  const place = event.target.closest?.(".pane")?.dataset.place || wantedPlace();
  if (event.type === "drop") openFiles([...event.dataTransfer.files], place);
}
