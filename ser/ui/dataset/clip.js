// The opened clip of the Data set tab: its sound, its picture, and how the network and the crowd heard it.
let latestRequest = 0;
let fetchTimer;
let playWhenLoaded = false;

function open(row, { play = false, immediately = true } = {}) {
  opened = row;
  slot("invitation").hidden = true;
  slot("opened").hidden = false;
  slot("clip").textContent = row.clip;
  slot("inspect").hidden = !grid.classList.contains("with-sound");
  slot("inspect").dataset.inspect = JSON.stringify({ kind: "clip", key: row.clip, name: row.clip });
  slot("text").textContent = `“${words.sentences[row.sentence]}”`;
  drawNotes(row);
  drawHeard(row);
  drawFacts(row);
  drawPosition();
  drawRows();
  remember();
  audio.pause();
  audio.removeAttribute("src");
  element.querySelector("#clip").classList.add("waiting");
  playWhenLoaded = play;
  const number = ++latestRequest;
  clearTimeout(fetchTimer);
  fetchTimer = setTimeout(() => fetchSound(row, number), immediately ? 0 : FETCH_DELAY_MS);
}

async function fetchSound(row, number) {
  const answer = await window.answerTo(server.read_clip(row.clip));
  if (number !== latestRequest) return; // another clip has been opened since
  element.querySelector("#clip").classList.remove("waiting");
  slot("sound").hidden = Boolean(answer.problem);
  slot("silent").hidden = !answer.problem;
  slot("silent").innerHTML = answer.problem || "";
  if (answer.problem) return;
  const file = `${window.gradio_config?.root || ""}/gradio_api/file=${answer.audio}`;
  slot("picture").src = answer.picture;
  slot("picture").alt = `Log-mel spectrogram of ${row.clip}: time to the right, pitch upwards, brighter is louder.`;
  slot("reading").textContent = answer.duration_s > WINDOW_S + 0.05
    ? `First 3 of ${answer.duration_s.toFixed(1)} s; brighter is louder`
    : "Time runs to the right; brighter is louder";
  Object.assign(slot("png"), { href: answer.picture, download: `${row.clip}_log-mel.png` });
  Object.assign(slot("wav"), { href: file, download: `${row.clip}.wav` });
  slot("seek").max = answer.duration_s;
  audio.src = file;
  drawTime();
  if (playWhenLoaded) audio.play().catch(() => {}); // browsers may require a click first
}

function drawNotes(row) {
  slot("training").hidden = row.part !== "train";
  slot("flag").hidden = !row.twin;
  if (!row.twin) return;
  const twin = rows.find(({ clip }) => clip === row.twin);
  const button = dom.node("button", { type: "button", className: "link", textContent: row.twin });
  button.addEventListener("click", () => twin && open(twin, { play: slot("auto").checked }));
  slot("flag").replaceChildren("⚑ Byte for byte the same recording as ", button, `, which was filed as ${words.emotions[row.twin.split("_")[2]].toLowerCase()}: one of the two labels must be wrong.`);
}

function drawHeard(row) {
  const bar = (share, label, best, text) => {
    const fill = dom.node("span", { className: "fill" });
    fill.style.setProperty("--score", share.toFixed(4));
    fill.style.setProperty("--colour", `var(--emotion-${label})`);
    const track = dom.node("span", { className: "track", ariaHidden: "true" }, fill);
    return dom.node("td", { className: best ? "top" : "" }, dom.node("span", { className: "bar" }, track, dom.node("span", { className: "percent", textContent: text })));
  };
  const head = dom.node("tr", {}, dom.node("th", { scope: "col" }, dom.node("span", { className: "hidden-words", textContent: "Emotion" })), dom.node("th", { scope: "col", textContent: "Network" }));
  if (row.votes) head.append(dom.node("th", { scope: "col", textContent: `Crowd, ${row.voteCount} votes` }));
  const lines = labels.map((label, i) => {
    const name = dom.node("th", { scope: "row", className: label === row.emotion ? "acted" : "", textContent: words.emotions[label] });
    if (label === row.emotion) name.append(dom.node("small", { textContent: "acted" }));
    const line = dom.node("tr", {}, name, bar(row.scores[i], label, label === row.says, percent(row.scores[i])));
    if (row.votes) line.append(bar(row.votes[i] / row.voteCount, label, row.heard.includes(label), percent(row.votes[i] / row.voteCount)));
    return line;
  });
  slot("heard").replaceChildren(dom.node("thead", {}, head), dom.node("tbody", {}, ...lines));
}

function drawFacts(row) {
  const acted = words.emotions[row.emotion];
  const facts = [
    ["Acted", row.level === "XX" ? acted : `${acted}, level ${words.levels[row.level]}`],
    ["Speaker", [`actor ${row.actor}`, row.sex, row.age && `${row.age} years`].filter(Boolean).join(", ")],
    ["Part", row.partName],
  ];
  if (row.votes) facts.push(["Crowd", `${row.voteCount} people who heard only the voice: ${{ agrees: "as acted", tied: "undecided", differs: `as ${row.heard.map((label) => words.emotions[label].toLowerCase()).join(" or ")}` }[row.crowd]}`]);
  slot("facts").replaceChildren(...facts.flatMap(([name, text]) => [dom.node("dt", { textContent: name }), dom.node("dd", { textContent: text })]));
}

function drawPosition() {
  if (!opened) return;
  const index = matches.indexOf(opened);
  slot("position").textContent = index < 0 ? "not in this list" : `${(index + 1).toLocaleString("en")} of ${matches.length.toLocaleString("en")}`;
  control("previous").disabled = index === 0 || !matches.length;
  control("next").disabled = index === matches.length - 1;
}

function move(by) {
  if (!matches.length) return;
  const index = matches.indexOf(opened);
  const next = index < 0 && by !== Infinity ? 0 : Math.min(matches.length - 1, Math.max(0, index + by));
  if (matches[next] === opened) return;
  keepInSight(next);
  open(matches[next], { play: slot("auto").checked, immediately: false });
}


function playOrPause() {
  if (!opened) return move(1);
  if (!audio.src) playWhenLoaded = true;
  else if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

function drawTime() {
  const length = Number(slot("seek").max);
  const seconds = audio.currentTime || 0;
  slot("seek").value = seconds;
  slot("time").textContent = `${seconds.toFixed(1)} / ${length.toFixed(1)} s`;
  slot("playhead").style.left = `${Math.min(100, (100 * seconds) / WINDOW_S)}%`;
  slot("playhead").hidden = seconds === 0 || seconds > WINDOW_S;
  control("play").classList.toggle("playing", !audio.paused);
  control("play").ariaLabel = audio.paused ? "Play" : "Pause";
  if (!audio.paused) requestAnimationFrame(drawTime);
}

function seek(seconds) {
  audio.currentTime = Math.min(Math.max(0, seconds), Number(slot("seek").max));
  drawTime();
}
