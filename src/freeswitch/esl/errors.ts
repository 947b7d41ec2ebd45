/**
 * Everything that can go wrong between us and an event socket, in one table. `retryable`: the same thing may work later
 * (after the automatic reconnect); otherwise a person must change something.
 */
const table = {
  'esl-connect-failed': { retryable: true, says: 'cannot reach the event socket' },
  'esl-handshake-timeout': { retryable: true, says: 'the event socket did not finish its greeting in time' },
  'esl-auth-refused': { retryable: false, says: 'the event socket refused the password' },
  'esl-access-denied': { retryable: false, says: "the event socket's access list does not allow this address" },
  'esl-subscription-refused': { retryable: false, says: 'the event socket refused the event list' },
  'esl-disconnect-notice': { retryable: true, says: 'FreeSWITCH closed the connection' },
  'esl-closed-by-peer': { retryable: true, says: 'the connection was closed by the other side' },
  'esl-socket-error': { retryable: true, says: 'the connection failed' },
  'esl-frame-malformed': { retryable: true, says: 'a frame could not be understood' },
  'esl-header-too-large': { retryable: true, says: "a frame's header is larger than allowed" },
  'esl-body-too-large': { retryable: true, says: "a frame's body is larger than allowed" },
  'esl-length-missing': { retryable: true, says: 'a frame that needs a Content-Length has none' },
  'esl-length-duplicate': { retryable: true, says: 'a frame has more than one Content-Length' },
  'esl-length-invalid': { retryable: true, says: 'a Content-Length is not a plain number' },
  'esl-reply-timeout': { retryable: true, says: 'a command was not answered in time' },
  'esl-reply-unmatched': { retryable: true, says: 'an answer came that no command asked for' },
  'esl-lagging': { retryable: true, says: 'events arrive too late' },
  'esl-stood-still': { retryable: true, says: 'this process stood still while a command was about to be sent' },
  'esl-overloaded': { retryable: true, says: 'too many commands wait for an answer' },
  'esl-not-connected': { retryable: true, says: 'not connected' },
  'esl-closed': { retryable: false, says: 'closed by us' },
  'esl-unsafe-value': { retryable: false, says: 'a value may not be sent to FreeSWITCH' },
} as const satisfies Record<string, { readonly retryable: boolean; readonly says: string }>;

export type EslErrorCode = keyof typeof table;

export class EslError extends Error {
  override readonly name = 'EslError';
  readonly code: EslErrorCode;
  readonly retryable: boolean;

  /** `detail` never holds a password, a caller's number or digits. */
  constructor(code: EslErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? table[code].says : `${table[code].says}: ${detail}`, options);
    this.code = code;
    this.retryable = table[code].retryable;
  }
}
