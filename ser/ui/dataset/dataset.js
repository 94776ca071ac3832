// The Data set tab: the table of all clips, filtered and sorted in the browser.
// A view (filters, order, opened clip) is an object of strings, which the query of the page's address repeats.
const ROW_PX = 36; // pixels; dataset.css has the same
const SPARE_ROWS = 8; // drawn above and below the visible ones
const FETCH_DELAY_MS = 90; // a clip that the arrow keys only pass is not fetched
const WINDOW_S = 3; // the length that the picture shows
const DEFAULTS = { part: "test", sort: "clip" };
const CHOICES = ["emotion", "says", "right", "level", "sentence", "actor", "sex", "crowd"];
const RANGES = ["score", "age"];
const KEYS = ["part", "q", ...CHOICES, ...RANGES, "sort", "clip"];

const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const control = (name) => element.querySelector(`[data-act="${name}"]`);
const form = element.querySelector("form");
const grid = element.querySelector("#clips");
const audio = slot("audio");
let words, labels, columns;
let rows = []; // an object for each clip
let matches = []; // the rows that pass the filters, in order
let opened = null; // the row whose clip is open at the right
let order = DEFAULTS.sort; // a column's key; "-" before it reverses the order

// ---- unpacking the table

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
    addVotes(row, answer.votes && answer.votes.slice(6 * i, 6 * i + 6));
    row.text = [
      ...[clip, words.sentences[sentence], words.emotions[emotion], `level ${words.levels[level]}`, partName, actor, sex, age],
      ...[row.part === "train" ? "heard in training" : "", row.twin ? "identical twin" : ""],
    ].join(" ").toLowerCase();
    return row;
  });
}

// Add how the crowd heard a clip: the emotions with the most votes, and whether the acted one is among them.
function addVotes(row, votes) {
  row.voteCount = votes ? votes.reduce((sum, count) => sum + count, 0) : 0;
  if (!row.voteCount) return;
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

// Scores of voices that the network learned from are optimistic. A phone has no column for the part, so the clip's column notes it.
const heardNote = (row) => (row.part === "train" ? [dom.node("small", { textContent: "heard in training" })] : []);

function columnsFor(sound, votes) {
  const all = [
    ["play", "", (row) => [dom.node("span", { className: "row-play", title: "Play (Space)" })]],
    ["clip", "Clip", (row) => [row.clip, ...(row.twin ? [dom.node("abbr", { title: `identical to ${row.twin}`, textContent: "⚑" })] : []), ...heardNote(row)]],
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
  const current = { part: field("part").value, q: field("q").value.trim(), sort: order, clip: opened?.clip || "" };
  for (const name of CHOICES) current[name] = field(name)?.value || "";
  for (const name of RANGES) {
    const ends = ["from", "to"].map((end) => field(`${name}-${end}`)?.value || "");
    current[name] = ends.join("") && ends.join("-");
  }
  return current;
}

// Values that the form does not have are ignored: a link may be old, or come from a machine with the data set.
function setView(query) {
  const part = [...form.querySelectorAll("[name=part]")].find(({ value }) => value === (query.part || DEFAULTS.part));
  (part || form.querySelector(`[name=part][value=${DEFAULTS.part}]`)).checked = true;
  field("q").value = query.q || "";
  for (const name of CHOICES) {
    const select = field(name);
    if (select) select.value = [...select.options].some(({ value }) => value === query[name]) ? query[name] : "";
  }
  for (const name of RANGES) {
    const [from, to] = /^(\d{0,3})-(\d{0,3})$/.exec(query[name] || "")?.slice(1) || ["", ""];
    if (field(`${name}-from`)) [field(`${name}-from`).value, field(`${name}-to`).value] = [from, to];
  }
  order = columns.some(({ key }) => key !== "play" && key === (query.sort || "").replace("-", "")) ? query.sort : DEFAULTS.sort;
}

const changedKeys = (current) => KEYS.filter((key) => current[key] && current[key] !== DEFAULTS[key]);

function linkTo(current) {
  const address = new URL(location.href);
  KEYS.forEach((key) => address.searchParams.delete(key));
  address.searchParams.set("tab", "dataset");
  changedKeys(current).forEach((key) => address.searchParams.set(key, current[key]));
  return address;
}

function filterFor(current) {
  const terms = current.q.toLowerCase().split(/\s+/).filter(Boolean);
  const exact = ["part", ...CHOICES].filter((key) => current[key] && current[key] !== "all");
  const between = RANGES.filter((key) => current[key]).map((key) => {
    const [from, to] = current[key].split("-");
    return [key, from === "" ? -Infinity : Number(from), to === "" ? Infinity : Number(to)];
  });
  const number = (row, key) => (key === "score" ? 100 * row.score : row[key]);
  return (row) =>
    exact.every((key) => row[key] === current[key]) &&
    between.every(([key, from, to]) => number(row, key) >= from && number(row, key) <= to) &&
    terms.every((term) => row.text.includes(term));
}

function sorted(list) {
  const key = order.replace("-", "");
  const { value } = columns.find((column) => column.key === key);
  const sign = order.startsWith("-") ? -1 : 1;
  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  // Ties are in the order of names, whatever the direction.
  return list.sort((one, other) => sign * compare(value(one), value(other)) || compare(one.clip, other.clip));
}

let remembering;
function refresh() {
  const current = view();
  matches = sorted(rows.filter(filterFor(current)));
  grid.scrollTop = 0;
  drawHead();
  drawRows();
  drawSummary(current);
  drawPosition();
  remember();
}

// The address follows the view: a reload or a bookmark restores it.
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    if (new URL(location.href).searchParams.get("tab") === "dataset") history.replaceState(history.state, "", linkTo(view()));
  }, 300);
}

function drawSummary(current) {
  const actors = new Set(matches.map((row) => row.actor)).size;
  const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const share = (list, condition) => percent(list.filter(condition).length / list.length);
  let summary = `${plural(matches.length, "clip")} by ${plural(actors, "actor")}`;
  const voted = matches.filter((row) => row.votes);
  if (matches.length) summary += ` · matches the acted emotion: network ${share(matches, (row) => row.right === "right")}`;
  if (matches.some((row) => row.part === "train")) summary += " (optimistic for training voices)";
  if (voted.length) summary += `, crowd ${share(voted, (row) => row.crowd === "agrees")}`;
  slot("count").textContent = summary;
  const filters = changedKeys(current).filter((key) => !["part", "sort", "clip"].includes(key));
  slot("active").textContent = filters.length ? ` · ${filters.length} set` : "";
  control("clear").hidden = !filters.length;
  for (const key of [...CHOICES, ...RANGES]) form.querySelector(`.field.${key}`)?.classList.toggle("set", Boolean(current[key]));
}
