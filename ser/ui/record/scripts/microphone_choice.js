// @ts-check
// The choice of a microphone, in the recorder and in Live: one for both, and for the prompts.
import { find } from "../../page/dom.js";
import { chooseMicrophone, chosenMicrophone } from "../../page/microphone.js";

const SYSTEM = "Default microphone";
const ALIASES = ["default", "communications"]; // by which Chromium lists devices a second time

/**
 * Return the microphones to choose from, by id; none before the browser lets the page know them.
 * @param {Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]} devices
 * @returns {[string, string][]}
 */
export function microphonesOf(devices) {
  const found = devices.filter(
    ({ kind, deviceId }) => kind === "audioinput" && deviceId && !ALIASES.includes(deviceId),
  );
  /** @type {[string, string][]} */
  const named = found.map(({ deviceId, label }, i) => [deviceId, label || `Microphone ${i + 1}`]);
  return named.length ? [["", SYSTEM], ...named] : [];
}

/**
 * Fill a choice with the microphones that are there, now and whenever one comes or goes.
 * @param {HTMLElement} label around the `select`
 */
export function offerMicrophones(label) {
  const field = find(label, "select", HTMLSelectElement);

  async function refresh() {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const choices = microphonesOf(devices);
    field.replaceChildren(...choices.map(([id, name]) => new Option(name, id)));
    const chosen = chosenMicrophone();
    field.value = choices.some(([id]) => id === chosen) ? chosen : "";
    label.hidden = !choices.length;
  }

  field.addEventListener("change", () => chooseMicrophone(field.value));
  for (const event of ["microphone-chosen", "microphone-opened"]) window.addEventListener(event, refresh);
  navigator.mediaDevices?.addEventListener("devicechange", refresh);
  refresh();
}
