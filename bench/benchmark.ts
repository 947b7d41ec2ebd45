/** What a benchmark is, and what comes of it. */
import type { Noise } from './machine.js';

export interface Outcome {
  /** What a program reads: the last line of stdout. */
  readonly keys: Readonly<Record<string, number>>;
  /** Further figures that others reckon with; only in the result's file. */
  readonly figures?: Readonly<Record<string, number>>;
  /** What was measured, for people: a table with one row a case. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** What must be known to read the table. */
  readonly notes: readonly string[];
  /** Ratios, and what was measured beside what it must not exceed: printed only if the machine was quiet enough to say so. */
  readonly verdicts?: readonly string[];
  /** What else took part than Node and Redis: name → version. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The machine was busy with other things: why the figures are not those of these commands alone. */
  readonly noise?: readonly Noise[];
}

export interface Options {
  /** Under 50 s (`queue`: 150 s). */
  readonly quick: boolean;
  /** For `soak`. */
  readonly hours?: number;
}

export interface Benchmark {
  readonly name: string;
  readonly says: string;
  /** Folders and files whose changes make an older result doubtful. */
  readonly measures: readonly string[];
  /** Only when it is named, not with `--all`. */
  readonly alone?: boolean;
  run(options: Options): Promise<Outcome>;
}
