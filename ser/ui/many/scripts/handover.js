// @ts-check
// Several files, or a folder, that are dropped where one file belongs: the tab "Many files" takes them.
import { droppedIn } from "./choosing.js";

/** @typedef {Awaited<ReturnType<typeof droppedIn>>} Dropped */

/** @type {Dropped[]} dropped before the tab was drawn, which is when it is first opened */
const early = [];
/** @type {((dropped: Dropped) => void) | null} */
let receive = null;

/** @param {(dropped: Dropped) => void} receiver the tab */
export function setReceiver(receiver) {
  receive = receiver;
  early.splice(0).forEach(receiver);
}

/**
 * Return whether more than one file was dropped.
 * @param {DataTransfer} dropped
 */
export const isMany = ({ files, items }) =>
  files.length > 1 || [...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);

/**
 * Open the tab and give it what was dropped.
 * @param {DataTransfer} dropped
 */
export async function handOver(dropped) {
  const reading = droppedIn(dropped); // what was dropped is there only as long as the event
  /** @type {HTMLElement | null} */ (
    document.querySelector('[role="tab"][data-tab-id="many-files"]')
  )?.click();
  const files = await reading;
  if (receive) receive(files);
  else early.push(files);
}
