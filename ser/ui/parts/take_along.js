// @ts-check
// The buttons below a result: one copies a picture of it, one the link that opens it again.
import { closest, find, saveFile } from "../page/dom.js";
import { drawResult } from "./result_picture.js";

const COPIED = "Copied: paste it where you need it.";
const SAVED = "Saved as a file, as this browser does not let the page copy pictures.";
const LINK_COPIED = "Copied. The link works until you delete the take, or an hour after you close this page.";

/**
 * Return the file name of a picture.
 * @param {string} name of the recording
 * @param {string} time ISO 8601
 */
export const fileName = (name, time) =>
  `${`${name} ${time.slice(0, 16).replaceAll(":", "")}`.replace(/[^\p{L}\p{N}.-]+/gu, "_")}.png`;

/**
 * Return the address that opens a take again.
 * @param {string} page address of this page
 * @param {string} link
 */
export const addressOf = (page, link) => {
  const { origin, pathname } = new URL(page);
  return `${origin}${pathname}?take=${encodeURIComponent(link)}`;
};

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>}
 */
const pngOf = (canvas) =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );

/**
 * Copy a picture, or save it where the browser refuses; return what was done, in words.
 * @param {Promise<Blob>} png Safari wants the promise within the click
 * @param {string} name of the file
 */
async function copyPicture(png, name) {
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    return COPIED;
  } catch {
    saveFile(name, await png, "image/png");
    return SAVED;
  }
}

/** @param {string} address */
async function copyLink(address) {
  try {
    await navigator.clipboard.writeText(address);
    return LINK_COPIED;
  } catch {
    return address; // to be copied by hand
  }
}

/** @param {HTMLElement} button */
async function take(button) {
  const place = /** @type {HTMLElement} */ (button.parentElement);
  const { name = "", time = "" } = place.dataset;
  const result = /** @type {HTMLElement} */ (closest(button, ".result"));
  const words =
    button.dataset.along === "link"
      ? await copyLink(addressOf(location.href, button.dataset.link ?? ""))
      : await copyPicture(drawResult(result, { name, time }).then(pngOf), fileName(name, time));
  find(place, "[role=status]").textContent = words;
}

if (typeof document !== "undefined")
  document.addEventListener("click", ({ target }) => {
    const button = closest(target, "[data-along]");
    if (button) take(button);
  });
