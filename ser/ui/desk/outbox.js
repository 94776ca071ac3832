// The outbox: each change stays in this browser's storage until the server has acknowledged it. Changes are sent in order
// and repeated, even after a reload or a restart of the app.
const OUTBOX = "emotion-listener.outbox.";
const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 10000;
let outbox = []; // {id, desk, kind, request, clip, label, time, visit?, refused?, conflict?}
let sending = null; // a promise while changes are being sent
let tries = 0;
let retryTimer;

const place = (letter) => `${OUTBOX}${letter.time}.${letter.id}`; // one entry per change: two pages must not overwrite each other

function store(letter) {
  const { visit: _, ...content } = letter;
  try {
    localStorage.setItem(place(letter), JSON.stringify(content));
  } catch {
    // it lasts as long as the page, which warns before it is closed
  }
}

function forget(letter) {
  outbox = outbox.filter((other) => other !== letter);
  try {
    localStorage.removeItem(place(letter));
  } catch {
    // nothing was stored
  }
}

function readOutbox() {
  let keys = [];
  try {
    keys = Object.keys(localStorage).filter((key) => key.startsWith(OUTBOX)).sort();
  } catch {
    return;
  }
  for (const key of keys) {
    try {
      const letter = JSON.parse(localStorage.getItem(key));
      if (letter.label && !outbox.some(({ id }) => id === letter.id)) outbox.push(letter);
    } catch {
      localStorage.removeItem(key); // half written when the browser crashed: it was never shown as saved
    }
  }
}

const ours = () => outbox.filter((letter) => letter.desk === desk.id);
const unsent = () => ours().filter(({ refused, conflict }) => !refused && !conflict);

function post(kind, label, from) {
  const letter = { id: newId(), desk: desk.id, kind, request: from.request, clip: from.clip, label: { ...label, clip_key: from.request.key }, annotator, time: new Date().toISOString(), visit: from };
  outbox.push(letter);
  store(letter);
  send();
  return letter;
}

// Resolves when all changes are acknowledged, or when the server does not answer.
function send() {
  clearTimeout(retryTimer);
  if (!sending && unsent().length) sending = sendAll();
  else if (!sending) drawUnsent();
  return sending;
}

async function sendAll() {
  try {
    for (let letter = unsent()[0]; letter; letter = unsent()[0]) {
      const { visit: from, ...content } = letter;
      const answer = await ask("label_change", { letter: content, annotator: letter.annotator, token: from?.token || null });
      if (!answer) {
        retryTimer = setTimeout(send, Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** tries++));
        break;
      }
      tries = 0;
      deliver(letter, answer);
    }
  } finally {
    sending = null;
    drawUnsent();
    drawState();
  }
}

function deliver(letter, answer) {
  if (answer.problem) {
    letter.refused = answer.problem;
    store(letter);
  } else if (answer.conflict) {
    // Keep it until the annotator has chosen, who may be at another clip by now. The latest version counts.
    for (const old of outbox) if (old.conflict && old.label.id === letter.label.id) forget(old);
    letter.conflict = answer.conflict;
    store(letter);
  } else {
    forget(letter);
    if (answer.label) for (const later of outbox) if (later.label.id === letter.label.id) rebase(later, answer.label);
  }
  settle(letter, answer);
}

// A second change that was made before the first was saved builds on the first.
function rebase(later, saved) {
  later.label.id = saved.id; // differs if the annotator had labelled the clip elsewhere
  later.label.revision = saved.revision;
  store(later);
}

function drawUnsent() {
  const waiting = unsent().length;
  const refused = ours().filter((letter) => letter.refused);
  const conflicts = ours().filter((letter) => letter.conflict && letter.label.clip_key !== visit?.request.key);
  const ofOtherDesks = outbox.length - ours().length;
  const parts = [];
  if (waiting && tries) parts.push(`Not saved yet: ${plural(waiting, "change")}. The app does not answer. Changes stay in this browser and are sent again. `, button("Try again", send));
  if (refused.length) {
    parts.push(`Not saved: ${refused[0].label.emotion ? emotionName(refused[0].label.emotion) : "a label"} for `, isolated(refused[0].request.name), `. ${refused[0].refused} `, button("Try again", () => resend(refused)), " ", button("Discard it", () => giveUp(refused[0])));
  }
  if (conflicts.length) parts.push("Not saved: you labelled ", isolated(conflicts[0].request.name), " elsewhere as well. ", button("Choose which to keep", () => openRequest(conflicts[0].request)), " ");
  if (ofOtherDesks) parts.push(`${plural(ofOtherDesks, "change")} made while this page showed other clips ${ofOtherDesks === 1 ? "waits" : "wait"} in this browser: start the app with that folder again. `);
  slot("unsent").replaceChildren(...parts);
  slot("unsent").hidden = !parts.length;
}

function button(words, action) {
  const node = dom.node("button", { type: "button", className: "link", textContent: words });
  node.addEventListener("click", action);
  return node;
}

function resend(letters) {
  for (const letter of letters) delete letter.refused;
  send();
}

function giveUp(letter) {
  forget(letter);
  drawUnsent();
  if (letter.visit === visit) refreshVisit();
}

function listenToOutbox() {
  addEventListener("online", send);
  addEventListener("beforeunload", (event) => {
    const lost = unsent().some((letter) => {
      try {
        return localStorage.getItem(place(letter)) === null;
      } catch {
        return true;
      }
    });
    if (lost || giving) event.preventDefault();
  });
}
