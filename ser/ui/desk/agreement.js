// The Agreement section: draws the figures, tables and clips that the server computed. Names are text, never HTML.
const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
// Names in right-to-left scripts must not reverse the text around them.
const isolated = (textContent) => dom.node("bdi", { textContent });
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const percent = (value) => `${Math.round(100 * value)}%`;
const decimal = (value) => value.toFixed(2).replace("-", "−").replace(/^−0\.00$/, "0.00");

const KAPPA = "Agreement beyond chance: 0 is chance, 1 is perfect agreement.";
const WORDS = {
  percent: "How often two labels of the same clip are the same emotion.",
  "Cohen's kappa": `${KAPPA} For two annotators.`,
  "Fleiss' kappa": `${KAPPA} For three annotators or more.`,
  alpha: "Like kappa, but also valid if not everyone labelled every clip. Rule of thumb: 0.80 or more is reliable, 0.67 or more is tentative.",
};
const UNDEFINED = "Undefined: everyone chose the same emotion.";

// ---- the three figures

function drawFigures(answer) {
  slot("figures").hidden = !answer.clips;
  slot("figures").replaceChildren(
    figure("Percent agreement", answer.percent, percent, WORDS.percent),
    figure(answer.kappa_name, answer.kappa, decimal, WORDS[answer.kappa_name]),
    figure("Krippendorff's alpha", answer.alpha, decimal, WORDS.alpha),
  );
}

function figure(name, estimate, write, words) {
  const node = dom.node("section", { className: "figure" }, dom.node("h4", { textContent: name }));
  node.append(dom.node("p", { className: "value", textContent: estimate ? write(estimate.value) : "–" }));
  if (estimate && estimate.low !== null) node.append(dom.node("p", { className: "interval", textContent: `95% interval: ${write(estimate.low)} to ${write(estimate.high)}` }), scale(estimate, write));
  node.append(dom.node("p", { className: "hint", textContent: estimate ? words : UNDEFINED }));
  return node;
}

// A line from 0 to 1 with the interval and the figure on it; values below 0 are at its left end.
function scale({ value, low, high }, write) {
  const at = (x) => `${100 * Math.min(1, Math.max(0, x))}%`;
  const band = dom.node("span", { className: "band" });
  Object.assign(band.style, { left: at(low), right: `calc(100% - ${at(high)})` });
  const mark = dom.node("span", { className: "mark" });
  mark.style.left = at(value);
  const node = dom.node("div", { className: "scale", ariaHidden: "true" }, dom.node("span", { textContent: write === percent ? "0%" : "0" }));
  node.append(dom.node("div", { className: "line" }, band, mark), dom.node("span", { textContent: write === percent ? "100%" : "1" }));
  return node;
}

// ---- tables

// A number, or an estimate with its interval; null is a dash.
const drawValue = (value, write) => {
  if (value === null) return "–";
  if (typeof value === "number") return write(value);
  const node = dom.node("span", { textContent: write(value.value) });
  if (value.low !== null) node.append(dom.node("small", { textContent: `${write(value.low)} to ${write(value.high)}` }));
  return node;
};

function table(title, words, first, rows) {
  const head = dom.node("tr", {}, ...[first, "Clips", "Agree", "Cohen's kappa"].map((textContent) => dom.node("th", { textContent, scope: "col" })));
  const body = rows.map(([name, row]) => {
    const cells = [row.clips.toLocaleString("en"), drawValue(row.percent, percent), drawValue(row.kappa, decimal)];
    return dom.node("tr", {}, dom.node("th", { scope: "row" }, ...name), ...cells.map((cell) => dom.node("td", {}, cell)));
  });
  const tableNode = dom.node("table", { ariaLabel: title }, dom.node("thead", {}, head), dom.node("tbody", {}, ...body));
  return dom.node("section", {}, dom.node("h4", { textContent: title }), dom.node("p", { className: "hint", textContent: words }), tableNode);
}

function drawTables({ pairs, network, crowd }) {
  const sections = [];
  if (pairs.length > 1) sections.push(table("By pair", "Two annotators at a time, on the clips that both labelled.", "Annotators", pairs.map((pair) => [[isolated(pair.annotators[0]), " and ", isolated(pair.annotators[1])], pair])));
  const addReference = (title, words, rows) => rows?.some(({ clips }) => clips) && sections.push(table(title, words, "Annotator", rows.map((row) => [[isolated(row.annotator)], row])));
  addReference("Against the network", "Compared with the emotion that the network scored highest. Clips labelled other or unclear, and clips without scores, are left out.", network);
  addReference("Against the crowd", "Compared with what most of CREMA-D's raters heard in the voice alone. Ties, other and unclear are left out.", crowd);
  slot("tables").replaceChildren(...sections);
}

// ---- the clips they differ on

function drawDiffer({ differ, differing, hidden, more, clips }) {
  slot("differ").hidden = !clips;
  const notes = [];
  if (!differing) notes.push("None: all labels of the same clip agree.");
  if (differing && !hidden) notes.push("Least agreement first.");
  if (hidden) notes.push(`${plural(hidden, "clip")} ${hidden === 1 ? "is hidden until you label it" : "are hidden until you label them"}, to avoid bias.`);
  if (more) notes.push(`${plural(more, "more clip")} are not listed: python -m ser annotations agreement --json lists all.`);
  slot("differ").replaceChildren(
    dom.node("h4", { textContent: `Clips they differ on: ${differing.toLocaleString("en")}` }),
    dom.node("p", { className: "hint", textContent: notes.join(" ") }),
    dom.node("ul", { tabIndex: 0, ariaLabel: "Clips they differ on" }, ...differ.map(drawClip)), // it scrolls
  );
}

function drawClip({ clip, name, emotions, request }) {
  const opening = props.takes?.[clip] || request;
  const title = opening ? dom.node("button", { type: "button", className: "name", title: "Open in the viewer" }, isolated(name)) : dom.node("span", { className: "name", title: "This clip is not in any queue here" }, isolated(name));
  if (opening) title.addEventListener("click", () => openClip(opening));
  const labels = Object.entries(emotions).map(([who, code]) => {
    const dot = dom.node("span", { className: "dot", ariaHidden: "true" });
    dot.style.setProperty("--colour", code in COLOURLESS ? "var(--muted)" : `var(--emotion-${code})`);
    return dom.node("span", { className: "label" }, Object.assign(isolated(who), { title: who }), dot, props.emotions[code] || code);
  });
  return dom.node("li", {}, title, dom.node("span", { className: "labels" }, ...labels));
}

const COLOURLESS = { OTH: true, UNC: true };

async function openClip(request) {
  await window.inspect?.open(request, { place: "top", play: false });
  document.getElementById("spectrogram")?.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
