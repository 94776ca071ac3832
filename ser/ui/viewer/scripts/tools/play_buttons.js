// @ts-check
// The buttons that play a pane's sound, its clock, and what the player cannot do.
import { node } from "../../../page/dom.js";
import { smallButton } from "../elements.js";
import { SPEEDS } from "./speed.js";

/**
 * @param {import("../pane.js").Pane} pane
 * @param {import("../scope.js").Scope} scope
 * @returns {import("./tool.js").Tool}
 */
export function createPlayButtons(pane, scope) {
  const { player, events } = pane.viewer;
  const playTitle = "Play the region, or the clip from the playhead on; or pause (Space)";
  const play = smallButton(scope, "▶ Play", playTitle, () => void player.toggle(pane));
  const loop = smallButton(scope, "⟲ Loop", "Play in a loop (l)", () => player.setLoop(!player.state.loop));
  const options = SPEEDS.map((speed) => node("option", { value: String(speed), textContent: `${speed}×` }));
  const title = "Speed, at the same pitch (< and >; h for half)";
  const speed = node("select", { ariaLabel: "Speed", title }, ...options);
  const clock = node("span", { className: "clock" });
  const problem = node("p", { className: "warning", hidden: true, role: "alert" });

  function draw() {
    const playing = player.isPlaying(pane);
    play.textContent = playing ? "❚❚ Pause" : pane.region ? "▶ Play region" : "▶ Play";
    play.classList.toggle("playing", playing);
    loop.setAttribute("aria-pressed", String(player.state.loop));
    speed.value = String(player.state.speed);
  }

  function drawClock() {
    clock.textContent = `${(pane.time_s || 0).toFixed(2)} / ${pane.duration_s.toFixed(2)} s`;
  }

  function begin() {
    player.stop(pane);
    pane.time_s = 0;
    problem.hidden = true;
    draw();
    drawClock();
  }

  scope.listen(speed, "change", () => player.setSpeed(Number(speed.value)));
  scope.on(events, "player", draw);
  scope.on(events, "region", ({ pane: changed }) => changed === pane && draw());
  scope.on(events, "time", ({ pane: moved }) => moved === pane && drawClock());
  scope.on(events, "playing", ({ pane: about, problem: words }) => {
    draw();
    if (about !== pane) return;
    problem.textContent = words;
    problem.hidden = !words;
  });
  scope.add(() => player.isPlaying(pane) && player.stop(pane));
  return { group: "play", buttons: [play, loop, speed, clock], panels: [problem], begin };
}
