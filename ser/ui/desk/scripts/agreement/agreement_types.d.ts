// The answer of the server function labels_agreement; see agreement.py and ser/annotation/agreement_report.py.
import type { SoundRequest } from "../types.d.ts";

/** A figure with its 95% interval; null where there are too few clips for one. */
export interface Estimate {
  value: number;
  low: number | null;
  high: number | null;
  /** number of the 1000 resamples for which the figure is not defined */
  undefined_draws: number;
}

/** A row of a table. */
export interface Compared {
  clips: number;
  percent: Estimate | number | null;
  kappa: Estimate | number | null;
}

/** Two annotators; `confusion` counts the clips by the first one's emotion (rows) and the second one's. */
export interface PairRow extends Compared {
  annotators: [string, string];
  emotions: string[];
  confusion: number[][];
}

/** Two annotators on regions, of which `same` overlap by half. */
export interface RegionRow {
  annotators: [string, string];
  clips: number;
  regions: [number, number];
  same: number;
  f1: Estimate | null;
  percent: number | null;
  kappa: number | null;
}

export interface Differing {
  clip: string;
  name: string;
  /** codes by annotator */
  emotions: Record<string, string>;
  /** its final label */
  final: { emotion: string; annotator: string } | null;
  /** opens it in the viewer; null if no queue has the clip */
  request: SoundRequest | null;
}

export interface Agreement {
  annotators: string[];
  clips: number;
  labels: number;
  regions: number;
  percent: Estimate | null;
  kappa: Estimate | null;
  kappa_name: string;
  alpha: Estimate | null;
  pairs: PairRow[];
  region_pairs: RegionRow[];
  final?: (Compared & { annotator: string })[] | null;
  finals: number;
  network?: (Compared & { annotator: string })[] | null;
  crowd?: (Compared & { annotator: string })[] | null;
  differ: Differing[];
  differing: number;
  hidden: number;
  more: number;
}

/** If the page has this version already, there is nothing else. */
export type AgreementAnswer = { problem?: string; version: string } & Partial<Agreement>;
