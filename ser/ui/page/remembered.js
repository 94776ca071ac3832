// @ts-check
// What this browser remembers between visits.

const PREFIX = "emotion-listener.";
export const remembered = {
  /**
   * @param {string} name
   * @returns {string | null}
   */
  get(name) {
    try {
      return localStorage.getItem(PREFIX + name);
    } catch {
      return null; // storage may be disabled
    }
  },
  /**
   * @param {string} name
   * @param {string | null} value null to forget it
   */
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, value);
    } catch {
      // then the value lasts as long as the page
    }
  },
};
