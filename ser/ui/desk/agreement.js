// The section "Agreement": draws what the server counted. Names are text here, never HTML.
const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const said = (textContent) => dom.node("bdi", { textContent }); // whose direction must not turn what stands around it
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const percent = (value) => `${Math.round(100 * value)}%`;
const decimal = (value) => value.toFixed(2).replace("-", "−").replace(/^−0\.00$/, "0.00");

const KAPPA = "What remains when the agreement that chance alone would bring is taken away: 0 is chance, 1 is always.";
const WORDS = {
  percent: "How often two labels of the same clip are the same emotion.",
  "Cohen's kappa": `${KAPPA} For two annotators.`,
  "Fleiss' kappa": `${KAPPA} For three annotators or more.`,
  alpha: "Like kappa, and fair where not everyone labelled every clip. Rule of thumb: 0.80 and more can be relied on, 0.67 and more tentatively.",
};
const UNDEFINED = "Not defined: all gave one and the same emotion.";

// ---- the three figures

function drawFigures(answer) {
  slot("figures").hidden = !answer.clips;
  slot("figures").replaceChildren(
    figure("Percent agreement", answer.percent, percent, WORDS.percent),
    figure(answer.kappa_name, answer.kappa, decimal, WORDS[answer.kappa_name]),
    figure("Krippendorff's alpha", answer.alpha, decimal, WORDS.alpha),
  );
}

function figure(name, found, write, words) {
  const node = dom.node("section", { className: "figure" }, dom.node("h4", { textContent: name }));
  node.append(dom.node("p", { className: "value", textContent: found ? write(found.value) : "–" }));
  if (found && found.low !== null) node.append(dom.node("p", { className: "interval", textContent: `95% interval: ${write(found.low)} to ${write(found.high)}` }), scale(found, write));
  node.append(dom.node("p", { className: "hint", textContent: found ? words : UNDEFINED }));
  return node;
}

// A line from 0 to 1 with the interval and the figure on it; what is below 0 stands at its left end.
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

const estimate = (found, write) => {
  if (found === null) return "–";
  if (typeof found === "number") return write(found);
  const node = dom.node("span", { textContent: write(found.value) });
  if (found.low !== null) node.append(dom.node("small", { textContent: `${write(found.low)} to ${write(found.high)}` }));
  return node;
};

function table(title, words, first, rows) {
  const head = dom.node("tr", {}, ...[first, "Clips", "Agree", "Cohen's kappa"].map((textContent) => dom.node("th", { textContent, scope: "col" })));
  const body = rows.map(([name, row]) => {
    const cells = [row.clips.toLocaleString("en"), estimate(row.percent, percent), estimate(row.kappa, decimal)];
    return dom.node("tr", {}, dom.node("th", { scope: "row" }, ...name), ...cells.map((cell) => dom.node("td", {}, cell)));
  });
  const drawn = dom.node("table", { ariaLabel: title }, dom.node("thead", {}, head), dom.node("tbody", {}, ...body));
  return dom.node("section", {}, dom.node("h4", { textContent: title }), dom.node("p", { className: "hint", textContent: words }), drawn);
}

function drawTables({ pairs, network, crowd }) {
  const found = [];
  if (pairs.length > 1) found.push(table("By pair", "Two annotators at a time, on the clips that both labelled.", "Annotators", pairs.map((pair) => [[said(pair.annotators[0]), " and ", said(pair.annotators[1])], pair])));
  const beside = (title, words, rows) => rows?.some(({ clips }) => clips) && found.push(table(title, words, "Annotator", rows.map((row) => [[said(row.annotator)], row])));
  beside("Against the network", "The emotion that the network scored highest when the label was given. Clips labelled as other or unclear, or without scores, are left out.", network);
  beside("Against the crowd", "What most of CREMA-D's raters heard who had the voice only. Ties, other and unclear are left out.", crowd);
  slot("tables").replaceChildren(...found);
}

// ---- the clips they differ on

function drawDiffer({ differ, differing, hidden, more, clips }) {
  slot("differ").hidden = !clips;
  const notes = [];
  if (!differing) notes.push("None: all labels of the same clip agree.");
  if (differing && !hidden) notes.push("The least agreement comes first.");
  if (hidden) notes.push(`${plural(hidden, "clip")} that you have not labelled ${hidden === 1 ? "is" : "are"} kept back, so that nobody's label leads yours.`);
  if (more) notes.push(`${plural(more, "more clip")} are not listed: python -m ser annotations agreement --json lists all.`);
  slot("differ").replaceChildren(
    dom.node("h4", { textContent: `Clips they differ on: ${differing.toLocaleString("en")}` }),
    dom.node("p", { className: "hint", textContent: notes.join(" ") }),
    dom.node("ul", { tabIndex: 0, ariaLabel: "Clips they differ on" }, ...differ.map(drawClip)), // it scrolls
  );
}

function drawClip({ clip, name, emotions, request }) {
  const asked = props.takes?.[clip] || request;
  const title = asked ? dom.node("button", { type: "button", className: "name", title: "Open in the viewer" }, said(name)) : dom.node("span", { className: "name", title: "This clip is in no queue here" }, said(name));
  if (asked) title.addEventListener("click", () => openClip(asked));
  const labels = Object.entries(emotions).map(([who, code]) => {
    const dot = dom.node("span", { className: "dot", ariaHidden: "true" });
    dot.style.setProperty("--colour", code in COLOURLESS ? "var(--muted)" : `var(--emotion-${code})`);
    return dom.node("span", { className: "label" }, Object.assign(said(who), { title: who }), dot, props.emotions[code] || code);
  });
  return dom.node("li", {}, title, dom.node("span", { className: "labels" }, ...labels));
}

const COLOURLESS = { OTH: true, UNC: true };

async function openClip(request) {
  await window.inspect?.open(request, { place: "top", play: false });
  document.getElementById("spectrogram")?.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
