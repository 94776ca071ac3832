// @ts-check
// The page is in English, whatever the browser's language. gradio takes its own words, `lang` and the direction of text from
// that language, and a screen reader would read English words with another language's voice. Runs before gradio's scripts.

/** English as in a person's country, for dates. */
export const english = englishIn(globalThis.navigator?.language);

/**
 * Return English with the region of a language, so that dates have their usual order and hours.
 * @param {string | undefined} language such as "de-AT"
 */
export function englishIn(language) {
  try {
    const { region } = new Intl.Locale(language ?? "en").maximize();
    return region ? `en-${region}` : "en";
  } catch {
    return "en"; // not the name of a language
  }
}

/**
 * Return a time as a person reads it: the day only if it is not today.
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 */
export function timeOf(date, now, locale = english) {
  const isToday = date.toDateString() === now.toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { day: "numeric", month: "short" };
  return date.toLocaleString(locale, { ...day, hour: "2-digit", minute: "2-digit" });
}

if (typeof window !== "undefined") {
  Object.defineProperty(navigator, "language", { get: () => "en" });
  Object.defineProperty(navigator, "languages", { get: () => ["en"] });
}
