/**
 * What Asterisk does in another way than FreeSWITCH, or not at all, and why. The suites take from here what they expect of each
 * switch, and the table in docs/asterisk.md is made of it (`npx tap test/unit/docs/differences.test.ts` says when it is not).
 */
export type SwitchName = 'freeswitch' | 'asterisk';

export interface Difference {
  /** What is asked of a switch. */
  readonly behaviour: string;
  /** In words. */
  readonly freeswitch: string;
  readonly asterisk: string;
  readonly because: string;
  /** The suite that measures it on both. */
  readonly shownBy: string;
}

/** The last word of a switch on an attended transfer, which neither does. */
export const attendedTransferStatus: Readonly<Record<SwitchName, number>> = { freeswitch: 403, asterisk: 603 };
/** Whether a node refuses it to a phone of its own that talks to a caller of another node. */
export const refusesAttendedTransferOfPeer: Readonly<Record<SwitchName, boolean>> = { freeswitch: true, asterisk: false };
/** Before answer, with 503: how long a carrier should try elsewhere, s; empty: the switch cannot say so. */
export const retryAfter: Readonly<Record<SwitchName, string>> = { freeswitch: '30', asterisk: '' };
/** To a phone that registers with a wrong password; to one of whom nothing is configured. */
export const wrongPassword: Readonly<Record<SwitchName, number>> = { freeswitch: 403, asterisk: 401 };
export const unknownPhone: Readonly<Record<SwitchName, number>> = { freeswitch: 403, asterisk: 404 };
/** Whether a phone at a dead address fails at once; otherwise when its ring time is over. */
export const tellsDeadAddress: Readonly<Record<SwitchName, boolean>> = { freeswitch: true, asterisk: false };

export const differences: readonly Difference[] = [
  {
    behaviour: 'An attended transfer (REFER with Replaces) by an agent’s phone',
    freeswitch: `refused with ${attendedTransferStatus.freeswitch}; the talk goes on`,
    asterisk: `refused with ${attendedTransferStatus.asterisk}; the talk goes on`,
    because: 'Asterisk has no other refusal for it (`transfer_progress`)',
    shownBy: 'test/e2e/transfers.test.ts',
  },
  {
    behaviour: 'The same, where the caller is on another node',
    freeswitch: `refused with ${attendedTransferStatus.freeswitch}; the talk goes on`,
    asterisk:
      'carried out: the caller talks to the colleague (and hears nothing if that phone must use another codec than the nodes do); both agents count as busy until he hangs up, and the record names the first',
    because:
      'a phone’s node bridges it without a daemon, and Asterisk can refuse REFER to an account wholly or not at all: the transfer key is worth more',
    shownBy: 'test/e2e/mixed.test.ts',
  },
  {
    behaviour: 'An attended transfer, asked from the agent’s own call to a colleague instead of the talk',
    freeswitch: `refused with ${attendedTransferStatus.freeswitch}; both talks go on`,
    asterisk: 'the caller’s call ends; the colleague is connected with nobody',
    because: 'what a phone asks in a call of its own Asterisk carries out by itself (`ari-only` goes for legs that the daemon dialled)',
    shownBy: 'test/e2e/transfers.test.ts (on FreeSWITCH)',
  },
  {
    behaviour: 'A call that is refused for congestion, before answer',
    freeswitch: `503 with \`Retry-After: ${retryAfter.freeswitch}\``,
    asterisk: '503',
    because: 'ARI hangs up with a cause; no header can be added to a refusal',
    shownBy: 'test/contract/pbx-life.contract.ts',
  },
  {
    behaviour: 'A phone whose address is dead (nothing listens there)',
    freeswitch: 'fails at once',
    asterisk: 'fails when its ring time is over',
    because: 'PJSIP repeats its INVITE until then, whatever ICMP says',
    shownBy: 'test/contract/pbx-life.contract.ts',
  },
  {
    behaviour: 'A phone that registers with a wrong password, or from a trunk’s address as nobody',
    freeswitch: `both are refused with ${wrongPassword.freeswitch}`,
    asterisk: `asked again, ${wrongPassword.asterisk}; refused with ${unknownPhone.asterisk}`,
    because: 'PJSIP asks anew whatever was wrong, and takes whom it does not know by name for whom it knows by address',
    shownBy: 'test/e2e/without-daemon.test.ts',
  },
  {
    behaviour: 'Whose call it is that a desk phone makes',
    freeswitch: 'that of the account that proved its password',
    asterisk: 'that of the account in the From header, whose password is asked for',
    because: 'PJSIP looks for the endpoint before it asks for a password. A phone must name its own account, as all do',
    shownBy: 'test/e2e/agent-codes.test.ts',
  },
  {
    behaviour: 'A mailbox of the switch’s own that takes messages while no daemon lives',
    freeswitch: '`tcore_fallback_voicemail`',
    asterisk: 'none: the announcement, then the end of the call',
    because: 'Debian’s voicemail needs a mail system and a configuration of its own; `TCORE_FALLBACK_SOUND` can say what to do instead',
    shownBy: 'test/e2e/harness.test.ts (on FreeSWITCH)',
  },
  {
    behaviour: 'The recording of a talk that ends while no daemon lives',
    freeswitch: 'complete at once',
    asterisk: 'complete when a daemon is there again; until then `NAME.wav.raw`',
    because: 'MixMonitor writes both sides into one file without a header; the daemon adds it',
    shownBy: 'test/e2e/without-daemon.test.ts',
  },
  {
    behaviour: 'An agent hangs up while no daemon lives',
    freeswitch: 'the caller is hung up after 5 s',
    asterisk: 'the caller is hung up after 4 s; one who was called back hears nothing until he hangs up, 2 h at the most',
    because: 'the dialplan reaches the oldest channel of a talk only, and a callback begins with the agent’s',
    shownBy: 'test/e2e/without-daemon.test.ts',
  },
];

export interface OneSidedSuite {
  readonly suite: string;
  readonly on: SwitchName;
  readonly because: string;
}

/** End-to-end suites that run on one switch. Every other one runs on both: test/unit/docs/differences.test.ts looks. */
export const oneSidedSuites: readonly OneSidedSuite[] = [
  {
    suite: 'test/e2e/dialplan.test.ts',
    on: 'freeswitch',
    because: 'it drives the extensions of our dialplan for FreeSWITCH one by one; asterisk-dialplan.test.ts does so with the other one',
  },
  {
    suite: 'test/e2e/asterisk-dialplan.test.ts',
    on: 'asterisk',
    because: 'it drives the contexts of our dialplan for Asterisk; dialplan.test.ts does so with the other one',
  },
  {
    suite: 'test/e2e/harness.test.ts',
    on: 'freeswitch',
    because:
      'it proves SIPp’s scenarios and the test’s ears and mouth, for which one switch is enough, and what FreeSWITCH’s own configuration adds',
  },
  {
    suite: 'test/e2e/ari-client-faults.test.ts',
    on: 'asterisk',
    because: 'it shows why ARI is not spoken by the package ari-client; FreeSWITCH has no ARI',
  },
];

/** As it stands in docs/asterisk.md. */
export function oneSidedTable(): string {
  const names = { freeswitch: 'FreeSWITCH', asterisk: 'Asterisk' } as const;
  const rows = oneSidedSuites.map(({ suite, on, because }) => `| [${suite.split('/').at(-1)}](../${suite}) | ${names[on]} | ${because} |`);
  return ['| suite | runs on | because |', '|---|---|---|', ...rows].join('\n');
}

/** As it stands in docs/asterisk.md. */
export function differencesTable(): string {
  const rows = differences.map(({ behaviour, freeswitch, asterisk, because, shownBy }) => {
    const [file = '', ...rest] = shownBy.split(' ');
    const name = file.split('/').at(-1);
    return `| ${behaviour} | ${freeswitch} | ${asterisk} | ${because} | [${name}](../${file})${rest.length > 0 ? ` ${rest.join(' ')}` : ''} |`;
  });
  return ['| | FreeSWITCH | Asterisk | because | shown by |', '|---|---|---|---|---|', ...rows].join('\n');
}
