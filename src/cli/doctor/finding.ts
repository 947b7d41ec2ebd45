/** What one check of the doctor found. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'FAIL';
  /** One line, in plain words. */
  readonly what: string;
  /** What to do about it; every warning and failure has one, of its own or that of the failure below it. */
  readonly remedy: string | undefined;
}

export const ok = (what: string): Finding => ({ level: 'ok', what, remedy: undefined });
/** It works, but it will hurt one day. */
export const warning = (what: string, remedy: string): Finding => ({ level: 'warning', what, remedy });
/** Calls cannot be served like this. */
export const fail = (what: string, remedy: string | undefined): Finding => ({ level: 'FAIL', what, remedy });

/** One line a finding, its remedy below it. */
export function findingText({ level, what, remedy }: Finding): string[] {
  const line = `${level.padEnd(7)}  ${what}`;
  return remedy === undefined ? [line] : [line, `         → ${remedy}`];
}
