// The table of the network's scores below a pane: of the scored window, of the whole clip and of the region, with
// a sentence each; and whether they may be shown yet.
const scoresTable = (() => {
  const SHORT_S = 0.5; // a shorter region is mostly added silence
  const EMOTIONS = Object.entries(JSON.parse(element.querySelector(".viewer").dataset.emotions));
  const LABELS = EMOTIONS.map(([label]) => label);
  const NAMES = EMOTIONS.map(([, name]) => name);
  const COLUMNS = { window: "Window", clip: "Whole clip", region: "Region" };

  const top = (scores) => scores.indexOf(Math.max(...scores));

  let hidden = false; // the desk hides scores until the annotator has labelled
  const revealed = new Set(); // tokens of sounds whose scores the annotator asked to see

  function hideScores(hide) {
    if (hidden === Boolean(hide)) return;
    hidden = Boolean(hide);
    for (const pane of paneTools.equipped()) draw(pane), pane.redraw();
    window.inspect.emit("scores", { hidden });
  }

  const mayShow = (pane) => !hidden || revealed.has(pane.token);

  function header(pane, column) {
    const { start_s, end_s, waiting } = pane.columns[column];
    const times = column === "clip" ? `${end_s.toFixed(1)} s` : `${start_s.toFixed(2)}–${end_s.toFixed(2)} s`;
    const name = column === "window" && !windowTool.isLong(pane) ? "Whole clip" : COLUMNS[column];
    return dom.node("th", { scope: "col", className: waiting ? "waiting" : "" }, name, dom.node("small", { textContent: times }));
  }

  function cell(pane, column, i) {
    const { answer } = pane.columns[column];
    if (!answer?.scores) return dom.node("td", { textContent: i === 0 && answer?.problem ? answer.problem : "–" });
    const fill = dom.node("span", { className: "fill" });
    fill.style.setProperty("--score", answer.scores[i].toFixed(4));
    fill.style.setProperty("--colour", `var(--emotion-${LABELS[i]})`);
    const track = dom.node("span", { className: "track", ariaHidden: "true" }, fill);
    const number = dom.node("span", { className: "percent", textContent: answer.percents[i] });
    return dom.node("td", { className: i === top(answer.scores) ? "top" : "" }, dom.node("span", { className: "bar" }, track, number));
  }

  function inWords({ start_s, end_s, answer }) {
    const short = answer?.sentence && end_s - start_s < SHORT_S ? " A part this short is mostly added silence: do not rely on it." : "";
    return (answer?.sentence || "") + short;
  }

  function draw(pane) {
    const place = pane.parts.scores;
    if (!place) return;
    place.table.hidden = !mayShow(pane);
    place.hiding.hidden = mayShow(pane);
    if (!place.typing) place.start.value = pane.window ? pane.window.start_s.toFixed(2) : "";
    place.legend.hidden = !mayShow(pane) || !(pane.columns.clip?.answer?.windows?.length > 1);
    place.moving.hidden = !windowTool.isLong(pane);
    place.all.hidden = !windowTool.isLong(pane) || Boolean(pane.columns.clip);
    const columns = Object.keys(COLUMNS).filter((column) => pane.columns[column]);
    const head = dom.node("tr", {}, dom.node("th", { scope: "col" }, dom.node("span", { className: "hidden-words", textContent: "Emotion" })), ...columns.map((column) => header(pane, column)));
    const rows = NAMES.map((name, i) => dom.node("tr", {}, dom.node("th", { scope: "row", textContent: name }), ...columns.map((column) => cell(pane, column, i))));
    const sentences = dom.node("tr", { className: "in-words" }, dom.node("th", { scope: "row", textContent: "In words" }), ...columns.map((column) => dom.node("td", { textContent: inWords(pane.columns[column]) })));
    place.table.replaceChildren(dom.node("thead", {}, head), dom.node("tbody", {}, ...rows, sentences));
    place.table.setAttribute("aria-busy", String(columns.some((column) => pane.columns[column].waiting)));
  }

  function build(pane) {
    const table = dom.node("table", { className: "scores-table" });
    const start = dom.node("input", { type: "number", min: 0, step: 0.1, inputMode: "decimal", ariaLabel: "Start of the scored window, seconds" });
    const step = (by, sign, words) => toolButton(sign, words, () => windowTool.moveTo(pane, pane.window.start_s + by));
    const moving = dom.node("span", { className: "moving" }, "Window from ", start, " s", step(-windowTool.STEP_S, "‹", "Move the window half a second back"), step(windowTool.STEP_S, "›", "Move the window half a second on"));
    const all = toolButton("Score the whole clip", "Score every window of the clip and average them", () => windowTool.scoreClip(pane));
    const reveal = toolButton("Show them", "Show the network's scores of this clip", () => {
      revealed.add(pane.token);
      draw(pane);
      pane.redraw();
      window.inspect.emit("scores", { hidden });
    });
    const hiding = dom.node("p", { className: "hint", hidden: true }, "The network's scores are hidden until you label, to avoid bias. ", reveal);
    const heading = dom.node("div", { className: "scores-head" }, dom.node("h3", { textContent: "What the network says" }), moving, all);
    // An answer that arrives must not replace what is being typed.
    const typing = (is) => (pane.parts.scores.typing = is);
    start.addEventListener("input", () => typing(true));
    start.addEventListener("blur", () => typing(false));
    start.addEventListener("change", () => {
      typing(false);
      if (Number.isFinite(start.valueAsNumber)) windowTool.moveTo(pane, start.valueAsNumber);
      draw(pane);
    });
    const legend = dom.node("p", { className: "hint", hidden: true, textContent: "The coloured line at the top of the picture shows what each 3 s window sounds most like, at its middle." });
    pane.parts.scores = { table, start, moving, all, hiding, legend };
    return dom.node("section", { className: "scores", ariaLabel: "Scores" }, heading, hiding, table, legend);
  }

  return { build, draw, hideScores, mayShow, top, LABELS, NAMES };
})();
