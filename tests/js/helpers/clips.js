// Four clips as the server sends them, and their rows.
import { unpack } from "../../../ser/ui/dataset/rows.js";

/** @type {import("../../../ser/ui/dataset/rows.js").Words} */
export const words = {
  parts: [
    ["train", "Training"],
    ["val", "Validation"],
    ["test", "Test"],
  ],
  emotions: { ANG: "Angry", DIS: "Disgusted", FEA: "Afraid", HAP: "Happy", NEU: "Neutral", SAD: "Sad" },
  sentences: {
    DFA: "Don't forget a jacket",
    IEO: "It's eleven o'clock",
    TIE: "That is exactly what happened",
  },
  levels: { LO: "low", MD: "medium", HI: "high", XX: "not given" },
};

const SURE = [900_000, 20_000, 20_000, 20_000, 20_000, 20_000]; // of anger

/** @type {import("../../../ser/ui/dataset/rows.js").ClipColumns} */
export const answer = {
  clips: ["1001_DFA_ANG_XX", "1002_IEO_SAD_HI", "1003_DFA_NEU_MD", "1003_TIE_HAP_LO"],
  parts: [2, 2, 0, 0],
  scores: [...SURE, ...[100_000, 0, 0, 0, 500_000, 400_000], ...SURE.toReversed(), ...SURE],
  votes: [...[8, 1, 0, 0, 1, 0], ...[0, 0, 0, 0, 4, 4], ...[0, 6, 0, 0, 3, 0], ...[0, 0, 0, 0, 0, 0]],
  intensity: [71, null, 40, 55],
  ratings: [64, 58, 49, null],
  speakers: { 1001: [51, "male"], 1002: [21, "female"] },
  twins: { "1003_DFA_NEU_MD": "1003_DFA_DIS_MD" },
  sound: true,
  words,
};

export const rows = unpack(answer);

/** @param {string} clip */
export const row = (clip) => /** @type {typeof rows[0]} */ (rows.find((other) => other.clip === clip));
