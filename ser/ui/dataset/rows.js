// @ts-check
// The rows of the Data set tab: an object for each clip, unpacked from the columns that the server sends.

/**
 * The words for all codes.
 * @typedef {object} Words
 * @property {[string, string][]} parts code and name
 * @property {Record<string, string>} emotions in the order of the scores
 * @property {Record<string, string>} sentences
 * @property {Record<string, string>} levels
 */

/**
 * What `columns` in tab.py returns.
 * @typedef {object} ClipColumns
 * @property {string[]} clips names: actor, sentence, emotion and level, joined by "_"
 * @property {number[]} parts an index into `words.parts` for each clip
 * @property {number[]} scores six for each clip, in millionths
 * @property {number[] | null} votes six for each clip; null without the data set
 * @property {(number | null)[] | null} [intensity] of the network, 0 to 100 for each clip, if it estimates that
 * @property {(number | null)[] | null} [ratings] of the crowd, 0 to 100 for each clip, with the data set
 * @property {Record<string, [number, string]>} speakers age and sex by actor
 * @property {Record<string, string>} twins clips by the name of a clip with the same bytes
 * @property {boolean} sound whether clips can be played
 * @property {Words} words
 * @property {[string, string, string, string][] | null} [names] actor, sentence, emotion and level, if names do not say them
 */

/**
 * @typedef {object} Row
 * @property {string} clip
 * @property {string} actor
 * @property {string} sentence
 * @property {string} emotion as acted
 * @property {string} level
 * @property {string} part
 * @property {string} partName
 * @property {number[]} scores one for each emotion, from 0 to 1
 * @property {string} says the emotion with the highest score
 * @property {number} score of that emotion
 * @property {"right" | "wrong"} right whether it is the acted one
 * @property {number} [age]
 * @property {string} [sex]
 * @property {string} twin a clip with the same bytes, or ""
 * @property {number} voteCount
 * @property {number[]} [votes] for each emotion; only if there are any
 * @property {string[]} heard the emotions with the most votes
 * @property {"agrees" | "tied" | "differs"} [crowd] whether the acted emotion is among them; only if there are votes
 * @property {number} [intensity] how strong it sounds to the network, 0 to 100
 * @property {number} [rating] how strong it sounds to the crowd
 * @property {string} text what the search looks at, in lower case
 */

/** @param {number} share from 0 to 1 */
export const percent = (share) => (share > 0 && share < 0.005 ? "<1%" : `${(100 * share).toFixed(0)}%`);

/**
 * @param {ClipColumns} columns
 * @returns {Row[]}
 */
export function unpack(columns) {
  const { words } = columns;
  const labels = Object.keys(words.emotions);
  return columns.clips.map((clip, i) => {
    const [actor, sentence, emotion, level] = columns.names?.[i] || clip.split("_");
    const [start, end] = [labels.length * i, labels.length * (i + 1)];
    const scores = columns.scores.slice(start, end).map((millionths) => millionths / 1e6);
    const score = Math.max(...scores);
    const says = labels[scores.indexOf(score)];
    const [age, sex] = columns.speakers[actor] || [];
    const [part, partName] = words.parts[columns.parts[i]];
    const twin = columns.twins[clip] || "";
    const text = [
      ...[clip, words.sentences[sentence], words.emotions[emotion], `level ${words.levels[level]}`],
      ...[partName, actor, sex, age],
      ...[part === "train" ? "heard in training" : "", twin ? "identical twin" : ""],
    ];
    return {
      ...{ clip, actor, sentence, emotion, level, part, partName, scores, says, score, age, sex, twin },
      right: says === emotion ? "right" : "wrong",
      intensity: columns.intensity?.[i] ?? undefined,
      rating: columns.ratings?.[i] ?? undefined,
      text: text.join(" ").toLowerCase(),
      ...heardBy(columns.votes?.slice(start, end), emotion, labels),
    };
  });
}

/**
 * Return how the crowd heard a clip.
 * @param {number[] | undefined} votes
 * @param {string} emotion as acted
 * @param {string[]} labels
 * @returns {Pick<Row, "voteCount" | "votes" | "heard" | "crowd">}
 */
function heardBy(votes = [], emotion, labels) {
  const voteCount = votes.reduce((sum, count) => sum + count, 0);
  if (!voteCount) return { voteCount, heard: [] };
  const most = Math.max(...votes);
  const heard = labels.filter((_, i) => votes[i] === most);
  const crowd = !heard.includes(emotion) ? "differs" : heard.length > 1 ? "tied" : "agrees";
  return { voteCount, votes, heard, crowd };
}
