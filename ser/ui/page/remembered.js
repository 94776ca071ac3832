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

// The network is a cookie, as the server has to know it with every request.
const COOKIE = "emotion-listener-network"; // also in network_choice.py
const YEAR_S = 31_536_000;

/**
 * Return the network that this browser has chosen, "small" or "wide".
 * @param {string} cookies as in `document.cookie`
 */
export const chosenNetwork = (cookies) => (cookies.split("; ").includes(`${COOKIE}=wide`) ? "wide" : "small");

/**
 * Return the cookie that remembers a network; the small one is what a browser without it gets.
 * @param {string} name
 * @param {string} path of the page, below which the app gets its requests
 */
export const networkCookie = (name, path) =>
  `${COOKIE}=${name}; path=${path}; max-age=${name === "wide" ? YEAR_S : 0}; samesite=strict`;

const ADAPTATION_COOKIE = "emotion-listener-adaptation"; // also in network_choice.py

/**
 * Return the cookie that lets a browser use an adaptation: for a year if it is kept, else until the browser is closed.
 * @param {string} token that the server knows it by; "" for none
 * @param {string} path of the page, below which the app gets its requests
 * @param {boolean} [kept]
 */
export const adaptationCookie = (token, path, kept = false) =>
  `${ADAPTATION_COOKIE}=${token}; path=${path};${token ? (kept ? ` max-age=${YEAR_S};` : "") : " max-age=0;"} samesite=strict`;
