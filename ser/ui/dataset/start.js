// The Data set tab: what people do with it, and how it starts.
async function copyLink() {
  const address = String(link(view()));
  let copied = true;
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    copied = false; // plain http from another host, or not allowed
  }
  if (!copied) window.prompt("Copy this link:", address);
  act("copy").textContent = copied ? "Link copied" : "Copy link";
  setTimeout(() => (act("copy").textContent = "Copy link"), 2000);
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
  act("clear").addEventListener("click", clearFilters);
  act("copy").addEventListener("click", copyLink);
  act("previous").addEventListener("click", () => step(-1));
  act("next").addEventListener("click", () => step(1));
  act("play").addEventListener("click", toggle);
  slot("sort").addEventListener("change", () => {
    order = slot("sort").value;
    refresh();
  });
  slot("head").addEventListener("click", (event) => {
    const key = event.target.closest("button") && event.target.closest("[data-sort]").dataset.sort;
    if (key) sortBy(key);
  });
  slot("body").addEventListener("click", (event) => {
    const row = shown.find(({ clip }) => `row-${clip}` === event.target.closest(".clip-row")?.id);
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
    if (event.key in MOVES) step(MOVES[event.key]);
    else if (event.key === " " || event.key === "Enter") toggle();
    else return;
    event.preventDefault();
  });
  ["play", "pause", "ended", "loadedmetadata"].forEach((name) => audio.addEventListener(name, drawTime));
  // Lent sound is taken back after an hour: fetch it again.
  audio.addEventListener("error", () => audio.currentTime > 0 && opened && open(opened));
  slot("seek").addEventListener("input", () => seek(Number(slot("seek").value)));
  slot("frame").addEventListener("click", (event) => {
    const box = slot("frame").getBoundingClientRect();
    seek((WINDOW_S * (event.clientX - box.left)) / box.width);
    audio.play().catch(() => {});
  });
  slot("auto").checked = window.remembered?.get("quiet") !== "yes";
  slot("auto").addEventListener("change", () => window.remembered?.set("quiet", slot("auto").checked ? null : "yes"));
  window.shortcuts?.add("clips", "arrowdown", "open the next clip", () => step(1));
  window.shortcuts?.add("clips", "arrowup", "open the previous clip", () => step(-1));
  if (columns[0].key === "play") window.shortcuts?.add("clips", " ", "play or pause the clip", toggle);
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
  columns = makeColumns(answer.sound, answer.votes);
  grid.classList.toggle("with-sound", answer.sound);
  grid.classList.toggle("with-votes", Boolean(answer.votes));
  grid.setAttribute("aria-colcount", columns.length);
  slot("how").hidden = answer.sound;
  slot("play-key").hidden = !answer.sound;
  fillForm();
  const wanted = Object.fromEntries(new URL(location.href).searchParams);
  setView(wanted);
  const first = rows.find(({ clip }) => clip === wanted.clip);
  opened = first || null; // before the view is read, so that the address keeps it
  listen();
  refresh();
  if (!first) return;
  if (shown.includes(first)) keepInSight(shown.indexOf(first));
  open(first);
}

start();
