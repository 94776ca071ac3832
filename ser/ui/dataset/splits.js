// The Actor splits tab: requests the split that the form describes, shows it, and offers it for download.
const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const form = element.querySelector("form");
let fold = 1;
let latestRequest = 0;
let links = [];

function request() {
  return { mode: form.elements.mode.value, seed: form.elements.seed.value, folds: form.elements.folds.value, fold };
}

async function show() {
  const { mode } = request();
  for (const [field, visible] of [[".seed", mode !== "own"], [".folds", mode === "folds"], ["[data-act=another]", mode !== "own"]]) {
    form.querySelector(field).hidden = !visible;
  }
  const number = ++latestRequest;
  const answer = await window.answerTo(server.read_split(request()));
  if (number !== latestRequest) return; // the form has changed since
  slot("problem").hidden = !answer.problem;
  slot("problem").textContent = answer.problem || "";
  if (answer.problem) return;
  slot("answer").innerHTML = answer.html;
  offerDownloads(answer);
}

function offerDownloads(answer) {
  links.forEach((link) => URL.revokeObjectURL(link));
  links = [["csv", "text/csv"], ["json", "application/json"]].map(([kind, type]) => {
    const link = URL.createObjectURL(new Blob([answer[kind]], { type }));
    Object.assign(slot(kind), { href: link, download: `${answer.name}.${kind}` });
    return link;
  });
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  fold = 1;
  show();
});
form.querySelector("[data-act=another]").addEventListener("click", () => {
  form.elements.seed.value = (Number(form.elements.seed.value) || 0) + 1;
  fold = 1;
  show();
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold]");
  if (!button) return;
  fold = Number(button.dataset.fold);
  show().then(() => element.querySelector(`[data-fold="${fold}"]`)?.focus({ preventScroll: true }));
});
show();
