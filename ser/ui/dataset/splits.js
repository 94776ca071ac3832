// @ts-check
// The Actor splits tab: requests the split that the form describes, shows it, and offers it for download.
import { closest, find } from "../page/dom.js";
import { answerTo } from "../page/server.js";

/** @typedef {{ html: string, csv: string, json: string, name: string, problem?: string }} SplitAnswer */

/** @param {Widget} widget */
export function start({ element, server }) {
  /** @param {string} name */
  const slot = (name) => find(element, `[data-slot="${name}"]`);
  const form = find(element, "form", HTMLFormElement);
  const seed = find(form, "[name=seed]", HTMLInputElement);
  const offerDownloads = downloads(slot("csv"), slot("json"));
  let latestRequest = 0;

  /** @param {number} fold */
  async function show(fold = 1) {
    const fields = Object.fromEntries(new FormData(form)); // mode, seed and folds
    find(form, ".seed").hidden = fields.mode === "own";
    find(form, ".folds").hidden = fields.mode !== "folds";
    find(form, "[data-act=another]").hidden = fields.mode === "own";
    const number = ++latestRequest;
    /** @type {SplitAnswer} */
    const answer = await answerTo(server.read_split({ ...fields, fold }));
    if (number !== latestRequest) return; // the form has changed since
    slot("problem").hidden = !answer.problem;
    slot("problem").textContent = answer.problem || "";
    if (answer.problem) return;
    slot("answer").innerHTML = answer.html;
    offerDownloads(answer);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => show());
  find(form, "[data-act=another]").addEventListener("click", () => {
    seed.value = String((Number(seed.value) || 0) + 1);
    show();
  });
  element.addEventListener("click", async ({ target }) => {
    const fold = closest(target, "[data-fold]")?.dataset.fold;
    if (!fold) return;
    await show(Number(fold));
    /** @type {HTMLElement | null} */ (element.querySelector(`[data-fold="${fold}"]`))?.focus({
      preventScroll: true,
    });
  });
  show();
}

/**
 * Return the function that lets two links download an answer.
 * @param {HTMLElement} csv
 * @param {HTMLElement} json
 * @returns {(answer: SplitAnswer) => void}
 */
function downloads(csv, json) {
  /** @type {string[]} */
  let addresses = [];
  return (answer) => {
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [
      URL.createObjectURL(new Blob([answer.csv], { type: "text/csv" })),
      URL.createObjectURL(new Blob([answer.json], { type: "application/json" })),
    ];
    Object.assign(csv, { href: addresses[0], download: `${answer.name}.csv` });
    Object.assign(json, { href: addresses[1], download: `${answer.name}.json` });
  };
}
