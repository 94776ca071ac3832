// The Results tab: lists the clips of a cell, presents plots on the full screen, downloads them.
// @ts-check
import { node, saveFile } from "../page/dom.js";

export function start({ element, server, watch }) {
  const find = (selector) => element.querySelector(selector);
  const network = () => find('input[name="network"]:checked').value;
  const isDark = () => document.body.classList.contains("dark");
  const address = () => new URL(location.href);

  // The presenting view: a <dialog> above everything else, which shows a copy of one plot at a time.
  const plots = () => [...element.querySelectorAll(".results > figure.plot, .network-plots figure.plot")];
  let presented = -1;
  let hideTimer;

  function setPresentInAddress(name) {
    const url = address();
    if (name) url.searchParams.set("present", name);
    else url.searchParams.delete("present");
    history.replaceState(history.state, "", url);
  }

  function copyOf(plot) {
    const copy = plot.cloneNode(true);
    copy.querySelectorAll(".tools").forEach((part) => part.remove());
    for (const button of copy.querySelectorAll("button")) {
      const words = node("span", { className: button.className }, ...button.childNodes);
      words.style.cssText = button.style.cssText;
      button.replaceWith(words);
    }
    return copy;
  }

  function present(index) {
    const all = plots();
    presented = (index + all.length) % all.length;
    const plot = all[presented];
    const dialog = find("dialog.presenting");
    dialog.querySelector(".slide").replaceChildren(copyOf(plot));
    dialog.querySelector(".place").textContent = `${presented + 1} / ${all.length}`;
    if (!dialog.open) dialog.showModal();
    dialog.focus();
    setPresentInAddress(plot.dataset.plot);
  }

  function presentNamed(name) {
    const index = plots().findIndex((plot) => plot.dataset.plot === name);
    if (index >= 0) present(index);
  }

  function onLeave() {
    setPresentInAddress(null);
    const plot = plots()[presented];
    plot?.scrollIntoView({ block: "nearest" });
    plot?.querySelector("[data-present]").focus();
  }

  function showFooter() {
    const dialog = find("dialog.presenting");
    dialog.classList.remove("idle");
    clearTimeout(hideTimer);
    hideTimer = setTimeout(() => dialog.classList.add("idle"), 2500);
  }

  // These include the keys that presenters' remote controls send.
  const STEPS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };

  function turn(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest("button")) return;
    if (event.key in STEPS) present(presented + STEPS[event.key]);
    else if (event.key === "Home") present(0);
    else if (event.key === "End") present(plots().length - 1);
    else return;
    event.preventDefault();
  }

  function warning(words) {
    return node("p", { className: "warning", role: "alert", textContent: words });
  }

  // A cell of the confusion matrix and its clips.
  let latestCell = 0; // counts requests: an answer to an older one is dropped
  async function openCell(button) {
    const number = ++latestCell;
    const { acted, answer } = button.dataset;
    const list = await window.answerTo(server.read_cell({ network: network(), acted, answer }));
    if (number !== latestCell) return;
    for (const other of element.querySelectorAll("[data-acted]"))
      other.setAttribute("aria-pressed", String(other === button));
    const clips = find(".cell-clips");
    if (list.problem) clips.replaceChildren(warning(list.problem));
    else {
      clips.innerHTML = list;
      find('.confusing [role="status"]').textContent =
        `${clips.querySelector("h4").textContent}: ${clips.querySelector(".counted strong").textContent} clips`;
    }
    clips.scrollIntoView({ block: "nearest" });
  }

  let latestSound = 0;
  async function play(button) {
    const number = ++latestSound;
    for (const other of element.querySelectorAll("[data-clip]"))
      other.toggleAttribute("aria-current", other === button);
    const sound = await window.answerTo(server.read_sound(button.dataset.clip));
    if (number !== latestSound || !button.isConnected) return;
    const problem = find(".cell-clips .warning");
    const audio = find(".cell-clips audio");
    problem.hidden = !sound.problem;
    problem.innerHTML = sound.problem || "";
    audio.hidden = Boolean(sound.problem);
    if (sound.problem) return audio.pause();
    audio.src = `${window.gradio_config?.root || ""}/gradio_api/file=${sound.audio}`;
    audio.setAttribute("aria-label", button.dataset.clip);
    audio.play().catch(() => {}); // browsers may require a click first
  }

  function moveInMatrix(event, button) {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step) return;
    const cells = [...element.querySelectorAll("[data-acted]")];
    const place = cells.indexOf(button);
    const [row, column] = [Math.floor(place / 6) + step[0], (place % 6) + step[1]];
    if (row >= 0 && row < 6 && column >= 0 && column < 6) cells[6 * row + column].focus();
    event.preventDefault();
  }

  function moveInList(event, button) {
    const sibling = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!sibling) return;
    event.preventDefault();
    const next = button.closest("li")[sibling]?.querySelector("button");
    next?.focus();
    if (next) play(next);
  }

  // Files.
  async function download(plot, kind, button) {
    button.setAttribute("aria-busy", "true");
    button.parentElement.querySelector(".warning")?.remove();
    const file = await window.answerTo(server.read_file({ network: network(), plot, kind, dark: isDark() }));
    button.removeAttribute("aria-busy");
    if (file.problem) return button.parentElement.append(warning(file.problem));
    saveFile(
      file.name,
      Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0)),
      file.type,
    );
  }

  // The handlers are on `element`, whose content is replaced.
  element.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const { present: named, png, csv, acted, clip, step } = button.dataset;
    if (named) presentNamed(named);
    else if (png) download(png, "png", button);
    else if (csv) download(csv, "csv", button);
    else if (acted) openCell(button);
    else if (clip) play(button);
    else if (step) present(presented + Number(step));
    else if ("leave" in button.dataset) find("dialog.presenting").close();
  });
  element.addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    if (find("dialog.presenting")?.open) turn(event);
    else if (button?.dataset.acted) moveInMatrix(event, button);
    else if (button?.dataset.clip) moveInList(event, button);
  });
  element.addEventListener("change", async ({ target }) => {
    if (target.name !== "network") return;
    const name = target.value;
    const html = await window.answerTo(server.read_network(name));
    if (name !== network()) return; // another one has been chosen since
    ++latestCell;
    if (html.problem) find(".network-plots").replaceChildren(warning(html.problem));
    else find(".network-plots").innerHTML = html;
  });

  // gradio shows the page once the server has computed it.
  function begin() {
    const dialog = find("dialog.presenting");
    if (!dialog || dialog.onclose) return;
    dialog.onclose = onLeave;
    dialog.onpointermove = showFooter;
    dialog.onfocus = showFooter;
    const named = address().searchParams.get("present");
    if (named) presentNamed(named);
  }
  watch("value", begin);
  begin();
  window.shortcuts?.add("results", "p", "present the plots", () => present(Math.max(presented, 0)));
}
