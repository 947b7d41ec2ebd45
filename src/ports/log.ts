/**
 * Logging as the whole project writes it: a static message, so that lines can be counted and searched, and the facts as
 * fields. Caller numbers and digits go into the fields `caller`, `number`, `dialled`, `digits`, `typed`, which the real
 * logger redacts; never into the message.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  /** An `Error` goes into the field `err`. */
  error(fields: LogFields, message: string): void;
  /** A log whose lines all carry these fields. */
  child(fields: LogFields): Log;
}

/** For tests, and for parts that were given no log. */
export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
