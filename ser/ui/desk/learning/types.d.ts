// What the scripts of learning share. What the server sends is documented in functions.py and figures.py.

export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** Figures at one stage. */
export interface Figures {
  stage: string;
  words: string;
  /** how many answers of ten are right */
  in_ten: number;
  accuracy: Estimate;
  uar: Estimate;
  ece: number;
  /** by emotion; null without labels of it */
  recall: Record<string, number | null>;
}

/** The UAR with some of the labels. */
export interface Point {
  labels: number;
  uar: number;
}

/** An adaptation. */
export interface Described {
  name: string;
  id: string;
  effect: string;
  made_from: string;
  /** null if nobody knows */
  helps: boolean | null;
  /** the stage that it keeps */
  used: string | null;
  by_speaker: boolean;
  clips: number;
  speakers: number;
  rows: Figures[];
  emotions: Record<string, string>;
  /** in CSS, by code */
  colours: Record<string, string>;
  /** how many recordings sounded most like each emotion; empty where labels measured more */
  answers: { before?: Record<string, number>; after?: Record<string, number> };
  curve: Point[];
}

export interface LearnState {
  problem?: string;
  labels: number;
  emotions: number;
  missing: string;
  annotators: number;
  rules: { way: string; words: string; speakers: number }[];
  job: { share: number; task: string } | null;
  result: Described | null;
  in_use: Described | null;
  /** whether that in use will be there when the app starts again */
  kept: boolean;
  /** how many recordings of one folder can be learned from without labels; 0 if that is not offered */
  room: number;
}
