// The Data set tab: holds the whole table, filters and sorts it here, draws only the rows in sight, opens a clip.
// A view (filters, order, opened clip) is a plain object of strings, and what the address says after `?`.
const ROW = 36; // pixels; dataset.css has the same
const SPARE = 8; // rows drawn above and below what is in sight
const LATER_MS = 90; // a clip that is only passed by is not fetched
const WINDOW_S = 3; // what the picture shows
const DEFAULTS = { part: "test", sort: "clip" };
const CHOICES = ["emotion", "says", "right", "level", "sentence", "actor", "sex", "crowd"];
const RANGES = ["score", "age"];
const KEYS = ["part", "q", ...CHOICES, ...RANGES, "sort", "clip"];

const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const act = (name) => element.querySelector(`[data-act="${name}"]`);
const form = element.querySelector("form");
const grid = element.querySelector("#clips");
const audio = slot("audio");
let words, labels, columns;
let rows = []; // all clips, as objects
let shown = []; // those that fit the filters, in order
let opened = null; // the row at the right
let order = DEFAULTS.sort; // a column's key, after "-" when it runs backwards

// ---- the table: unpacking it

const percent = (share) => (share > 0 && share < 0.005 ? "<1%" : `${(100 * share).toFixed(0)}%`);
const largest = (numbers) => numbers.indexOf(Math.max(...numbers));

function unpack(answer) {
  words = answer.words;
  labels = Object.keys(words.emotions);
  return answer.clips.map((clip, i) => {
    const [actor, sentence, emotion, level] = clip.split("_");
    const scores = answer.scores.slice(6 * i, 6 * i + 6).map((millionths) => millionths / 1e6);
    const top = largest(scores);
    const [age, sex] = answer.speakers[actor] || [];
    const [part, partName] = words.parts[answer.parts[i]];
    const row = { clip, actor, sentence, emotion, level, part, partName, scores, says: labels[top], score: scores[top], age, sex };
    row.right = row.says === emotion ? "right" : "wrong";
    row.twin = answer.twins[clip] || "";
    hear(row, answer.votes && answer.votes.slice(6 * i, 6 * i + 6));
    row.text = [
      ...[clip, words.sentences[sentence], words.emotions[emotion], `level ${words.levels[level]}`, partName, actor, sex, age],
      ...[row.part === "train" ? "heard in training" : "", row.twin ? "identical twin" : ""],
    ].join(" ").toLowerCase();
    return row;
  });
}

// How the crowd heard a clip: the emotions with most votes, and whether they are the acted one.
function hear(row, votes) {
  row.voices = votes ? votes.reduce((sum, count) => sum + count, 0) : 0;
  if (!row.voices) return;
  const most = Math.max(...votes);
  row.votes = votes;
  row.heard = labels.filter((_, i) => votes[i] === most);
  row.crowd = !row.heard.includes(row.emotion) ? "differs" : row.heard.length > 1 ? "tied" : "agrees";
}

const emotionCell = (label, mark = "") => {
  const dot = dom.node("span", { className: "dot" });
  dot.style.setProperty("--colour", `var(--emotion-${label})`);
  return [dot, words.emotions[label] + mark];
};

// Scores of voices that the network learned from flatter. On a phone, which has no room for the part, the clip says it.
const heardNote = (row) => (row.part === "train" ? [dom.node("small", { textContent: "heard in training" })] : []);

function makeColumns(sound, votes) {
  const all = [
    ["play", "", (row) => [dom.node("span", { className: "row-play", title: "Play (Space)" })]],
    ["clip", "Clip", (row) => [row.clip, ...(row.twin ? [dom.node("abbr", { title: `identical with ${row.twin}`, textContent: "⚑" })] : []), ...heardNote(row)]],
    ["emotion", "Acted", (row) => emotionCell(row.emotion), (row) => words.emotions[row.emotion]],
    ["says", "Network", (row) => emotionCell(row.says, row.right === "right" ? " ✓" : ""), (row) => words.emotions[row.says]],
    ["score", "Score", (row) => [percent(row.score)], (row) => row.score],
    ["part", "Part", (row) => [row.partName, ...heardNote(row)], (row) => words.parts.findIndex(([part]) => part === row.part)],
    ["crowd", "Crowd", (row) => (row.votes ? [...emotionCell(row.heard[0]), ...row.heard.slice(1).flatMap((label) => [" ", ...emotionCell(label)])] : ["–"]), (row) => (row.heard || []).map((label) => words.emotions[label]).join()],
    ["actor", "Actor", (row) => [row.actor]],
    ["sentence", "Sentence", (row) => [words.sentences[row.sentence]], (row) => words.sentences[row.sentence]],
    ["level", "Level", (row) => [words.levels[row.level]], (row) => ["LO", "MD", "HI", "XX"].indexOf(row.level)],
  ];
  return all
    .map(([key, name, cell, value = (row) => row[key]]) => ({ key, name, cell, value }))
    .filter(({ key }) => (sound || key !== "play") && (votes || key !== "crowd"));
}


// ---- the view: filters and order

const field = (name) => form.elements[name];

function view() {
  const now = { part: field("part").value, q: field("q").value.trim(), sort: order, clip: opened?.clip || "" };
  for (const name of CHOICES) now[name] = field(name)?.value || "";
  for (const name of RANGES) {
    const ends = ["from", "to"].map((end) => field(`${name}-${end}`)?.value || "");
    now[name] = ends.join("") && ends.join("-");
  }
  return now;
}

// What the form does not know is left open: an address may be old, or from a machine with the data set.
function setView(wanted) {
  const part = [...form.querySelectorAll("[name=part]")].find(({ value }) => value === (wanted.part || DEFAULTS.part));
  (part || form.querySelector(`[name=part][value=${DEFAULTS.part}]`)).checked = true;
  field("q").value = wanted.q || "";
  for (const name of CHOICES) {
    const select = field(name);
    if (select) select.value = [...select.options].some(({ value }) => value === wanted[name]) ? wanted[name] : "";
  }
  for (const name of RANGES) {
    const [from, to] = /^(\d{0,3})-(\d{0,3})$/.exec(wanted[name] || "")?.slice(1) || ["", ""];
    if (field(`${name}-from`)) [field(`${name}-from`).value, field(`${name}-to`).value] = [from, to];
  }
  order = columns.some(({ key }) => key !== "play" && key === (wanted.sort || "").replace("-", "")) ? wanted.sort : DEFAULTS.sort;
}

const given = (now) => KEYS.filter((key) => now[key] && now[key] !== DEFAULTS[key]);

function link(now) {
  const address = new URL(location.href);
  KEYS.forEach((key) => address.searchParams.delete(key));
  address.searchParams.set("tab", "dataset");
  given(now).forEach((key) => address.searchParams.set(key, now[key]));
  return address;
}

function fits(now) {
  const terms = now.q.toLowerCase().split(/\s+/).filter(Boolean);
  const exact = ["part", ...CHOICES].filter((key) => now[key] && now[key] !== "all");
  const between = RANGES.filter((key) => now[key]).map((key) => {
    const [from, to] = now[key].split("-");
    return [key, from === "" ? -Infinity : Number(from), to === "" ? Infinity : Number(to)];
  });
  const number = (row, key) => (key === "score" ? 100 * row.score : row[key]);
  return (row) =>
    exact.every((key) => row[key] === now[key]) &&
    between.every(([key, from, to]) => number(row, key) >= from && number(row, key) <= to) &&
    terms.every((term) => row.text.includes(term));
}

function sorted(list) {
  const key = order.replace("-", "");
  const { value } = columns.find((column) => column.key === key);
  const sign = order.startsWith("-") ? -1 : 1;
  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  // Ties stay in the order of names, both ways.
  return list.sort((one, other) => sign * compare(value(one), value(other)) || compare(one.clip, other.clip));
}

let remembering;
function refresh() {
  const now = view();
  shown = sorted(rows.filter(fits(now)));
  grid.scrollTop = 0;
  drawHead();
  drawRows();
  describe(now);
  drawPosition();
  remember();
}

// The address follows the view, so that a reload or a bookmark brings it back.
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    if (new URL(location.href).searchParams.get("tab") === "dataset") history.replaceState(history.state, "", link(view()));
  }, 300);
}

function describe(now) {
  const actors = new Set(shown.map((row) => row.actor)).size;
  const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const share = (list, wanted) => percent(list.filter(wanted).length / list.length);
  let said = `${plural(shown.length, "clip")} by ${plural(actors, "actor")}`;
  const voted = shown.filter((row) => row.votes);
  if (shown.length) said += ` · named as acted: network ${share(shown, (row) => row.right === "right")}`;
  if (shown.some((row) => row.part === "train")) said += " (training voices flatter it)";
  if (voted.length) said += `, crowd ${share(voted, (row) => row.crowd === "agrees")}`;
  slot("count").textContent = said;
  const set = given(now).filter((key) => !["part", "sort", "clip"].includes(key));
  slot("active").textContent = set.length ? ` · ${set.length} set` : "";
  act("clear").hidden = !set.length;
  for (const key of [...CHOICES, ...RANGES]) form.querySelector(`.field.${key}`)?.classList.toggle("set", Boolean(now[key]));
}
