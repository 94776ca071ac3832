// @ts-check
// A question that is answered before anything else on the page. It stands outside of what the server draws: a redraw would
// take away its `open` and leave a page that nobody sees a question on, and nobody can press.
import { find, node } from "../page/dom.js";

/**
 * Ask whether something that cannot be undone shall be done.
 * @param {string} words the question
 * @param {{ yes: string, no: string }} answers words of the two buttons; `no` has the focus
 * @returns {Promise<boolean>} whether the answer was yes; Esc means no
 */
export function ask(words, { yes, no }) {
  const dialog = node(
    "dialog",
    { className: "ask" },
    node("p", { id: "ask-words", textContent: words }),
    node(
      "form",
      { method: "dialog" },
      node("button", { value: "no", autofocus: true, textContent: no }),
      node("button", { value: "yes", className: "all", textContent: yes }),
    ),
  );
  dialog.setAttribute("aria-labelledby", "ask-words");
  find(document, ".gradio-container").append(dialog);
  dialog.showModal();
  return new Promise((answered) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(dialog.returnValue === "yes");
    });
  });
}
