// The Data set tab: event handlers, and the start.
async function copyLink() {
  const address = String(linkTo(view()));
  let copied = true;
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    copied = false; // plain http from another host, or no permission
  }
  if (!copied) window.prompt("Copy this link:", address);
  control("copy").textContent = copied ? "Link copied" : "Copy link";
  setTimeout(() => (control("copy").textContent = "Copy link"), 2000);
}

function clearFilters() {
  setView({ part: field("part").value, sort: order });
  refresh();
}

function sortBy(key) {
  order = order === key ? `-${key}` : key;
  refresh();
}

const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function listen() {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", refresh);
  control("clear").addEventListener("click", clearFilters);
  control("copy").addEventListener("click", copyLink);
  control("previous").addEventListener("click", () => move(-1));
  control("next").addEventListener("click", () => move(1));
  control("play").addEventListener("click", playOrPause);
  slot("sort").addEventListener("change", () => {
    order = slot("sort").value;
    refresh();
  });
  slot("head").addEventListener("click", (event) => {
    const key = event.target.closest("button") && event.target.closest("[data-sort]").dataset.sort;
    if (key) sortBy(key);
  });
  slot("body").addEventListener("click", (event) => {
    const row = matches.find(({ clip }) => `row-${clip}` === event.target.closest(".clip-row")?.id);
    if (row) open(row, { play: slot("auto").checked || Boolean(event.target.closest(".row-play")) });
  });
  let frame;
  grid.addEventListener("scroll", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(drawRows);
  });
  new ResizeObserver(drawRows).observe(grid);
  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== grid) return;
    if (event.key in MOVES) move(MOVES[event.key]);
    else if (event.key === " " || event.key === "Enter") playOrPause();
    else return;
    event.preventDefault();
  });
  ["play", "pause", "ended", "loadedmetadata"].forEach((name) => audio.addEventListener(name, drawTime));
  // The server deletes the sound after an hour: fetch it again.
  audio.addEventListener("error", () => audio.currentTime > 0 && opened && open(opened));
  slot("seek").addEventListener("input", () => seek(Number(slot("seek").value)));
  slot("frame").addEventListener("click", (event) => {
    const box = slot("frame").getBoundingClientRect();
    seek((WINDOW_S * (event.clientX - box.left)) / box.width);
    audio.play().catch(() => {});
  });
  slot("auto").checked = window.remembered?.get("quiet") !== "yes";
  slot("auto").addEventListener("change", () => window.remembered?.set("quiet", slot("auto").checked ? null : "yes"));
  window.shortcuts?.add("clips", "arrowdown", "open the next clip", () => move(1));
  window.shortcuts?.add("clips", "arrowup", "open the previous clip", () => move(-1));
  if (columns[0].key === "play") window.shortcuts?.add("clips", " ", "play or pause the clip", playOrPause);
  window.shortcuts?.add("clips", "/", "search the clips", () => field("q").focus());
}

function fillForm() {
  const actors = [...new Map(rows.map((row) => [row.actor, row])).values()].sort((one, other) => (one.actor < other.actor ? -1 : 1));
  const name = ({ actor, sex, age }) => (age ? `${actor} · ${sex}, ${age}` : actor);
  field("actor").append(...actors.map((row) => dom.node("option", { value: row.actor, textContent: name(row) })));
  for (const size of form.querySelectorAll("[data-size]")) {
    const part = size.dataset.size;
    size.textContent = rows.filter((row) => part === "all" || row.part === part).length.toLocaleString("en");
  }
  form.querySelector("details").open = innerWidth > 760;
}

async function start() {
  const answer = await window.answerTo(server.read_clips(null));
  grid.setAttribute("aria-busy", "false");
  if (answer.problem) {
    slot("problem").textContent = answer.problem;
    slot("problem").hidden = false;
    slot("count").textContent = "";
    return;
  }
  rows = unpack(answer);
  columns = columnsFor(answer.sound, answer.votes);
  grid.classList.toggle("with-sound", answer.sound);
  grid.classList.toggle("with-votes", Boolean(answer.votes));
  grid.setAttribute("aria-colcount", columns.length);
  slot("how").hidden = answer.sound;
  slot("play-key").hidden = !answer.sound;
  fillForm();
  const query = Object.fromEntries(new URL(location.href).searchParams);
  setView(query);
  const linked = rows.find(({ clip }) => clip === query.clip);
  opened = linked || null; // before the view is read, or the address would lose it
  listen();
  refresh();
  if (!linked) return;
  if (matches.includes(linked)) keepInSight(matches.indexOf(linked));
  open(linked);
}

start();
