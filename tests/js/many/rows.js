// Rows of the table of many files, and answers of the app, for tests.
import { makeRow } from "../../../ser/ui/many/scripts/rows.js";

export const SIX = ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"].map((code) => ({
  code,
  name: code.toLowerCase(),
  colour: `var(--emotion-${code})`,
}));

/** An answer that names an emotion with a score. */
export function answer(top = "HAP", score = 0.8, more = {}) {
  const scores = Object.fromEntries(SIX.map(({ code }) => [code, code === top ? score : (1 - score) / 5]));
  return {
    ...{ duration_s: 2.5, scores, top, verdict: "sure", intensity: 50, warning: null, error: null },
    ...{ adaptation: null, ...more },
  };
}

export const unscored = (error) => ({
  ...{ duration_s: null, scores: null, top: null, verdict: null, intensity: null, warning: null },
  ...{ adaptation: null, error },
});

/** A row of a file that holds as many bytes as are asked for. */
export function row(path, index = 0, { bytes = 1000, modified = 0, scored = null } = {}) {
  const file = new File([new Uint8Array(bytes)], path.split("/").at(-1), { lastModified: modified });
  const made = makeRow(file, path, index);
  return scored
    ? Object.assign(made, {
        state: scored.error ? "failed" : "scored",
        answer: scored,
        error: scored.error ?? "",
      })
    : made;
}
