// @ts-check
// A scope holds what a tool, a pane or the viewer has set up: listeners, timers, animation frames. It ends them all at once.

/**
 * @template {string} Name
 * @typedef {Name extends keyof HTMLElementEventMap ? HTMLElementEventMap[Name] : Event} EventOf
 */

export class Scope {
  /** @type {Set<() => void>} */
  #ends = new Set();
  ended = false;

  /**
   * Call a function when the scope ends, or at once if it has ended. Return a function that calls it earlier.
   * @param {() => void} end
   */
  add(end) {
    const once = () => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    if (this.ended) once();
    return once;
  }

  /**
   * Listen to an element, the document or the window.
   * @template {string} Name
   * @param {EventTarget} target
   * @param {Name} name
   * @param {(event: EventOf<Name>) => void} action
   * @param {AddEventListenerOptions} [options]
   */
  listen(target, name, action, options) {
    const listener = /** @type {EventListener} */ (action);
    target.addEventListener(name, listener, options);
    return this.add(() => target.removeEventListener(name, listener, options));
  }

  /**
   * Listen to an emitter.
   * @template {object} Events
   * @template {keyof Events} Name
   * @param {import("./events.js").Emitter<Events>} emitter
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} action
   */
  on(emitter, name, action) {
    return this.add(emitter.on(name, action));
  }

  /**
   * Call a function once, after some milliseconds.
   * @param {number} delay_ms
   * @param {() => void} action
   */
  after(delay_ms, action) {
    const timer = setTimeout(() => {
      cancel();
      action();
    }, delay_ms);
    const cancel = this.add(() => clearTimeout(timer));
    return cancel;
  }

  /**
   * Call a function again and again.
   * @param {number} interval_ms
   * @param {() => void} action
   */
  every(interval_ms, action) {
    const timer = setInterval(action, interval_ms);
    return this.add(() => clearInterval(timer));
  }

  /**
   * Call a function when the browser draws its next frame.
   * @param {() => void} action
   */
  frame(action) {
    const frame = requestAnimationFrame(() => {
      cancel();
      action();
    });
    const cancel = this.add(() => cancelAnimationFrame(frame));
    return cancel;
  }

  /** Return a scope that ends with this one, or before it. */
  child() {
    const child = new Scope();
    const forget = this.add(() => child.end());
    child.add(forget);
    return child;
  }

  /** End everything, the latest first. */
  end() {
    if (this.ended) return;
    this.ended = true;
    for (const end of [...this.#ends].reverse()) end();
  }
}
