// The comparison of two takes that were chosen in the side panel, possibly before this tab was first opened.
let scrolls = false;

function ask() {
  const { ids, show } = window.takes?.compared ?? { ids: [] };
  if (!ids.length) return;
  scrolls = scrolls || show;
  window.takes.compared.show = false;
  trigger("takes_compare", { ids });
}

function onDrawn() {
  const title = element.querySelector("#comparison-title");
  if (!title || !scrolls) return;
  scrolls = false;
  title.focus({ preventScroll: true });
  const smooth = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  title.closest("section").scrollIntoView({ behavior: smooth ? "smooth" : "auto", block: "start" });
}

// Events of a player do not bubble.
element.addEventListener(
  "error",
  async ({ target }) => {
    if (!target.matches("audio")) return;
    const message = target.parentElement.querySelector(".gone");
    message.textContent = await window.takes.whySilent(target.getAttribute("src"));
  },
  true,
);
element.addEventListener(
  "play",
  ({ target }) => element.querySelectorAll("audio").forEach((other) => other !== target && other.pause()),
  true,
);
element.addEventListener("click", ({ target }) => {
  if (target.closest('[data-do="end"]')) trigger("takes_compare", { ids: [] });
});

window.addEventListener("takes-compared", ask);
watch("value", onDrawn);
ask();
