// @ts-check
// DOM nodes and downloads, for every script of the page.

/**
 * Return the first element inside `root` that matches a selector. The markup is ours, so one that is missing is a mistake
 * of the app: it throws, instead of failing later with a message about null.
 * @template {Element} [Kind=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} [kind] class of the element, for example HTMLInputElement
 * @returns {Kind}
 */
export function find(root, selector, kind) {
  const element = root.querySelector(selector);
  if (!(element instanceof (kind ?? HTMLElement))) throw new Error(`not on the page: ${selector}`);
  return /** @type {Kind} */ (element);
}

/**
 * Return all HTML elements inside `root` that match a selector.
 * @template {Element} [Kind=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} [_kind] class of the elements
 * @returns {Kind[]}
 */
export function findAll(root, selector, _kind) {
  return [.../** @type {NodeListOf<Kind>} */ (root.querySelectorAll(selector))];
}

/**
 * Return the element that an event happened in, or the nearest one around it, that matches a selector.
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function closest(target, selector) {
  return target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(selector)) : null;
}

/**
 * Return a new element. Properties are those of the DOM (className, textContent, ariaLabel, …), not attributes.
 * Strings among the children become text, never HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function node(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Let the browser save a string or bytes as a file.
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} [type]
 */
export function saveFile(name, content, type = "application/octet-stream") {
  const link = node("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
