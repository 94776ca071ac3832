// DOM nodes and downloads, for every script of the page.
(() => {
  // Return a new element. Properties are those of the DOM (className, textContent, ariaLabel, …), not attributes;
  // children are nodes or strings. Strings become text, never HTML.
  function node(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  // Let the browser save `content`, a string or bytes, as a file.
  function saveFile(name, content, type = "application/octet-stream") {
    const link = node("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  window.dom = { node, saveFile };
})();
