// What the scripts of the desk share. What the server sends is documented in labelling.py, clips.py and label_files.py.

import type { LearnState } from "../learning/types.d.ts";

/** How the viewer and the server find a sound. */
export interface SoundRequest {
  kind: string;
  key: string;
  name: string;
  /** whether the name is a number in place of the clip's own */
  blind?: boolean;
}

/** What a label applies to; two times null for the whole clip. */
export interface Span {
  start_s: number | null;
  end_s: number | null;
}

export interface Clip {
  hash: string;
  name: string;
}

/** 1 to 3, or null for none. */
export type Grade = number | null;

export interface Label extends Span {
  id: string;
  annotator: string;
  emotion: string;
  intensity: Grade;
  confidence: Grade;
  note: string;
  revision: number;
  /** whether it is the final label of the clip */
  final?: boolean;
  time?: string;
  /** only of an import: hash of its clip, the network's scores by emotion, and which network gave them */
  clip?: string;
  scores?: Record<string, number> | null;
  checkpoint?: string | null;
  clip_key?: string;
  /** only in the page: whether the server has it */
  state?: "waiting" | "saved";
}

export type MarkKind = "skipped" | "flagged";

/** Fields that were entered before there is a label. */
export interface Draft {
  emotion: string | null;
  intensity: Grade;
  confidence: Grade;
  note: string;
}

/** One person's label as they wanted it, and as it is stored: null if it is deleted. */
export interface Conflict {
  wanted: Label;
  stored: Label | null;
}

/** What is known of a clip; the acted emotion is hidden until it is labelled. */
export interface Facts {
  /** the clip's own name, if a number was shown in its place until it was labelled */
  name?: string | null;
  speaker: string | null;
  acted: string | null;
  hides_acted: boolean;
}

/** A clip as the annotator opened it. */
export interface Visit {
  request: SoundRequest;
  /** index in the rows of the queue, or null */
  row: number | null;
  clip: Clip | null;
  labels: Label[];
  /** labels by others that are not shown yet */
  hidden: number;
  facts: Facts | null;
  draft: Draft;
  span: "whole" | "region" | "final";
  /** what the annotator says about it besides a label */
  marks: MarkKind[];
  /** of the sound in the viewer; null until the viewer has opened it */
  token: string | null;
  /** counts changes of the labels, so that an older answer of the server does not undo them */
  changes: number;
  /** whether a key was pressed, so that the labels are needed even if the annotator moves on */
  needed: boolean;
  problem: string | null;
  conflict: Letter | null;
  /** resolves when the labels are loaded, or need not be */
  ready: Promise<void>;
}

/** A change that the server has not acknowledged yet. */
export interface Letter {
  id: string;
  /** id of the store that it belongs to */
  desk: string;
  kind: "write" | "delete";
  request: SoundRequest;
  clip: Clip | null;
  label: Label;
  annotator: string;
  time: string;
  /** of this page, and not stored */
  visit?: Visit;
  /** the server's reason */
  refused?: string;
  conflict?: Conflict;
}

export interface ChangeAnswer {
  problem?: string;
  /** as it is stored now; null if it is deleted */
  label?: Label | null;
  conflict?: Conflict;
}

/** A clip in the list. */
export interface Row {
  name: string;
  key: string;
  kind: string;
  /** whether the server has read it */
  known: boolean;
  entropy: number | null;
  margin: number | null;
  intensity: number | null;
  trouble: string | null;
  /** own emotion, or "" */
  mine: string;
  /** number of other annotators */
  others: number;
  differ: boolean;
  /** emotion of the final label, or "" */
  final: string;
  /** own marks */
  marks: MarkKind[];
  /** whether it is for this annotator */
  forMe: boolean;
}

export interface Progress {
  busy: boolean;
  hashed: number;
  scored: number;
  all: number;
}

/** A piece of text of the guidelines: "text", "strong", "em", "code" or "link". */
export interface TextSpan {
  kind: string;
  text: string;
  address: string;
}

/** A block of the guidelines; see ser/annotation/guidelines.py. */
export interface Block {
  kind: string;
  spans: TextSpan[];
  level: number;
}

export interface About {
  problem?: string;
  id: string;
  emotions: Record<string, string>;
  /** the key that gives each label, by code */
  keys: Record<string, string>;
  /** tells: whether the names of the clips tell their emotion */
  sources: { name: string; title: string; tells: boolean }[];
  where: string;
  kept: boolean;
  outside: number;
  left_out: number;
  left_out_names: string;
  guidelines: Block[];
  /** whom the clips are divided among; empty if they are not */
  assigned: string[];
  folder: boolean;
}

export interface RowsAnswer {
  problem?: string;
  kind: string;
  names: string[];
  keys: string[];
  /** whether each clip is for this annotator; null if clips are not divided */
  mine: boolean[] | null;
}

export type RowChange = [
  index: number,
  known: boolean,
  entropy: number | null,
  margin: number | null,
  trouble: string | null,
  intensity: number | null,
];
export type RowLabels = [
  index: number,
  mine: string,
  others: number,
  differ: boolean,
  final: string,
  marks: MarkKind[],
];

export interface NewsAnswer {
  problem?: string;
  changes: RowChange[];
  /** null if they have not changed */
  labels: RowLabels[] | null;
  progress: Progress;
  since: number;
  version: string | null;
}

export interface HistoryChange {
  before: Label | null;
  after: Label | null;
  annotator: string;
  time: string;
}

export interface ImportCounts {
  new: number;
  replaced: number;
  same: number;
  /** what is not a label: "12 texts of the tier 'words'" */
  left_out?: string[];
  /** sentences about labels that were moved, because another program starts a file at another time */
  notes?: string[];
}

/** What to ask before an import: see ser/annotation/formats/survey.py. */
export interface Questions {
  /** empty for files without tiers */
  tiers: { name: string; texts: number; emotions: number; is_chosen: boolean }[];
  /** words that are not emotions, and how often each occurs by tier */
  words: { word: string; counts: Record<string, number> }[];
  /** files of whose clips nothing is known */
  files: string[];
}

/** A label of a file, and the stored one that differs from it. */
export interface ImportConflict {
  /** of the clip that the label of the file is about, and of the stored one's */
  name: string;
  stored_name: string;
  file: Label;
  stored: Label;
}

/** The answers to the questions. */
export interface Choices {
  tiers: string[];
  tier_is_annotator: boolean;
  /** codes by word; "" leaves labels with this word out */
  words: Record<string, string>;
  clip: string;
}

/** The answers of the server functions, by name. */
export interface Answers {
  desk_about: About;
  queue_rows: RowsAnswer;
  queue_order: { problem?: string; order: number[] };
  queue_news: NewsAnswer;
  clip_labels: {
    problem?: string;
    clip?: Clip;
    labels: Label[];
    marks: MarkKind[];
    hidden: number;
    facts: Facts;
  };
  clip_mark: { problem?: string; marks?: MarkKind[] };
  label_history: { problem?: string; changes?: HistoryChange[] };
  label_change: ChangeAnswer;
  label_undo: {
    problem?: string;
    change: { name: string; emotion: string | null } | null;
    row: number | null;
  };
  labels_export: { problem?: string; name: string; base64: string; labels: number; notes: string[] };
  learn_state: LearnState;
  learn_start: { problem?: string };
  learn_stop: { problem?: string };
  learn_discard: { problem?: string };
  learn_use: { problem?: string; token: string; kept: boolean };
  learn_unuse: { problem?: string };
  learn_save: { problem?: string; name: string; text: string };
  learn_open: { problem?: string };
  labels_import: ImportCounts & {
    problem?: string;
    questions?: Questions;
    conflicts?: ImportConflict[];
    differing?: number;
  };
}

/** The elements of desk.html by their data-slot. */
export interface Slots {
  problem: HTMLElement;
  unsent: HTMLElement;
  who: HTMLFormElement;
  clip: HTMLElement;
  state: HTMLElement;
  votes: HTMLElement;
  guidelines: HTMLDetailsElement;
  "guidelines-text": HTMLElement;
  told: HTMLElement;
  finished: HTMLElement;
  "finished-words": HTMLElement;
  conflict: HTMLElement;
  emotions: HTMLElement;
  grades: HTMLElement;
  note: HTMLInputElement;
  source: HTMLSelectElement;
  search: HTMLInputElement;
  done: HTMLElement;
  bar: HTMLProgressElement;
  blind: HTMLInputElement;
  show: HTMLSelectElement;
  order: HTMLSelectElement;
  news: HTMLElement;
  rows: HTMLElement;
  body: HTMLElement;
  given: HTMLElement;
  annotator: HTMLElement;
  where: HTMLElement;
  format: HTMLSelectElement;
  file: HTMLInputElement;
  "files-told": HTMLElement;
  choices: HTMLFormElement;
  times: HTMLSelectElement;
  wav: HTMLInputElement;
}

/** The buttons of desk.html by their data-act. */
export type Act =
  | "skip"
  | "flag"
  | "agreement"
  | "finish"
  | "rename"
  | "previous"
  | "next"
  | "enter"
  | "undo"
  | "redo"
  | "export"
  | "import";

/** The part of the viewer that the desk uses. */
export interface Pane {
  sound: (SoundRequest & { token: string }) | null;
  token: string | null;
  region: { low_hz: number | null; high_hz: number | null; start_s: number; end_s: number } | null;
  redraw(): void;
}

export interface Viewer {
  panes: Pane[];
  player: { play(pane: Pane): unknown };
  open(request: SoundRequest, options: { place: "top"; play: boolean }): Promise<unknown>;
  on(event: "open" | "region" | "marked", listener: (event: { pane: Pane }) => void): void;
  on(event: "label", listener: (event: { pane: Pane; id: string }) => void): void;
  setLabels(pane: Pane, labels: (Span & { id: string; code: string; words: string })[]): void;
  emit(event: "region", data: { pane: Pane }): void;
  goOnFrom(pane: Pane, region: Span): Promise<boolean>;
  hideScores?(hide: boolean): void;
}
