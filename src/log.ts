/** The real logger: pino, one JSON object a line, with ISO times and without what must not be in a log. */
import { type DestinationStream, pino } from 'pino';
import type { Log } from './ports/log.js';

/**
 * Fields that never reach a log. A caller's number is personal data, and what was typed may be a PIN or a card number.
 * Who needs to follow a call has its id.
 */
const PRIVATE_FIELDS = [
  'caller',
  'callerName',
  'callerNumber',
  'number',
  'dialled',
  'digit',
  'digits',
  'typed',
  'transferredTo',
  'password',
  'token',
  'adminToken',
  'secret',
  'authorization',
];

/** How deep inside a field's value the private names are looked for. */
const DEPTH = ['', '*.', '*.*.'];

/** How long a line may wait for others, ms: each write wakes a thread, and a call has some five lines. */
const gatherMs = 100;
/** From pino's `warn` on a line leaves at once. */
const urgent = 40;

/** Standard output. Its reader holds nobody up, and what waits is written before the process exits. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: false, minLength: 8_192 });
  let gathering: NodeJS.Timeout | undefined;
  let owed = false;
  const flush = (): void => {
    clearTimeout(gathering);
    gathering = undefined;
    // While a write is under way this one does nothing.
    owed = true;
    output.flush();
  };
  output.on('drain', () => {
    if (!owed) return;
    owed = false;
    output.flush();
  });
  const gatherer = {
    [pino.symbols.needsMetadataGsym]: true,
    lastLevel: urgent,
    write(line: string) {
      output.write(line);
      if (this.lastLevel >= urgent) flush();
      else gathering ??= setTimeout(flush, gatherMs);
    },
  };
  return gatherer;
}

export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  readonly level: string;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: DEPTH.flatMap((prefix) => PRIVATE_FIELDS.map((field) => prefix + field)), censor: '[redacted]' },
  };
  return pino(settings, options.destination ?? standardOutput());
}
