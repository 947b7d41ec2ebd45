/** How a command talks to the person (or the script) that started it; tests give their own. */
export interface Io {
  /** One line to standard output. */
  out(line: string): void;
  /** One line to standard error. */
  err(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit codes, after sysexits.h where it has one. */
export const EXIT = {
  ok: 0,
  /** What was asked about is not well. */
  failed: 1,
  usage: 64,
  configuration: 78,
} as const;
