/** Can the event socket be reached, does it let us in, and who else could get in? */
import { connect } from 'node:net';
import { type Finding, fail, ok, warning } from './finding.js';
import { param, type SwitchApi } from './switch-api.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What met us at the address. */
export type Greeting = 'event-socket' | 'rejected' | 'refused' | 'timeout' | 'unknown-host' | 'closed' | 'something-else';

const GREETING_WAIT_MS = 3000;
/** `auth/request` and the whole rejection are shorter. */
const GREETING_BYTES = 512;

/** Connects, reads what FreeSWITCH says first (mod_event_socket.c, listener_run) and hangs up. */
export function greet(address: Address, waitMs = GREETING_WAIT_MS): Promise<Greeting> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let said = '';
    const finish = (greeting: Greeting): void => {
      socket.destroy();
      resolve(greeting);
    };
    socket.setTimeout(waitMs, () => finish('timeout'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(meetingOf(error.code)));
    socket.on('close', () => finish(said === '' ? 'closed' : 'something-else'));
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('auth/request')) finish('event-socket');
      else if (said.includes('rude-rejection')) finish('rejected');
      else if (said.length > GREETING_BYTES) finish('something-else');
    });
  });
}

function meetingOf(code: string | undefined): Greeting {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown-host';
  if (code === 'ECONNREFUSED') return 'refused';
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'closed' : 'timeout';
}

export function greetingFinding(node: string, { host, port }: Address, greeting: Greeting): Finding {
  const at = `Node ${node}: event socket ${host}:${port}`;
  switch (greeting) {
    case 'event-socket':
      return ok(`${at} answers.`);
    case 'rejected':
      return fail(
        `${at} refuses connections from this address (ACL).`,
        'In event_socket.conf.xml set apply-inbound-acl to a list of acl.conf.xml that holds the address of this host; without it only loopback may connect. Then: fs_cli -x "reload mod_event_socket"',
      );
    case 'refused':
      return fail(
        `${at}: connection refused.`,
        'Start FreeSWITCH, load mod_event_socket, and compare host and port with listen-ip and listen-port in event_socket.conf.xml.',
      );
    case 'timeout':
      return fail(`${at} does not answer.`, 'Check the address and the firewall between both hosts; a hung FreeSWITCH looks the same.');
    case 'unknown-host':
      return fail(`${at}: the host name is unknown.`, 'Correct the node’s host in telephony.yaml, or DNS.');
    case 'closed':
      return fail(`${at} hangs up at once.`, 'FreeSWITCH is starting or stopping: try again. If it stays so, see its log.');
    case 'something-else':
      return fail(
        `${at}: something else than an event socket answers.`,
        'Correct the node’s port in telephony.yaml: the event socket’s is 8021 unless changed.',
      );
    default:
      return greeting satisfies never;
  }
}

const LEAST_PASSWORD_LENGTH = 16;

/** FreeSWITCH tries 500 passwords a second for anyone and locks nobody out, and who is in can run shell commands. */
export function passwordFinding(node: string, password: string): Finding {
  const remedy = 'Set a generated one in event_socket.conf.xml and in the secret, e.g. from: openssl rand -hex 24';
  if (password === 'ClueCon') return fail(`Node ${node}: the event socket has the password that everybody knows (ClueCon).`, remedy);
  if (password.length < LEAST_PASSWORD_LENGTH || new Set(password).size < 8) {
    return warning(
      `Node ${node}: the event socket’s password is weak (shorter than ${LEAST_PASSWORD_LENGTH} characters, or repetitive).`,
      remedy,
    );
  }
  return ok(`Node ${node}: the event socket’s password is long enough.`);
}

export function refusedPassword(node: string): Finding {
  return fail(
    `Node ${node}: FreeSWITCH refuses our password.`,
    'The secret and <param name="password"> in event_socket.conf.xml differ. After changing the latter: fs_cli -x "reload mod_event_socket"',
  );
}

const LOOPBACK = /^(127\.|::1$|localhost$|::ffff:127\.)/;

export async function checkListening(node: string, api: SwitchApi): Promise<Finding> {
  const xml = await api('xml_locate configuration configuration name event_socket.conf');
  // Not set: 127.0.0.1 and loopback only (mod_event_socket.c, config).
  const ip = param(xml, 'listen-ip') ?? '127.0.0.1';
  const acl = param(xml, 'apply-inbound-acl') ?? 'loopback.auto';
  if (LOOPBACK.test(ip)) return ok(`Node ${node}: the event socket listens on loopback only.`);
  return warning(
    `Node ${node}: the event socket listens on ${ip} (ACL: ${acl}), unencrypted.`,
    'Set listen-ip to 127.0.0.1 when the daemon runs on the same host; else keep it on a private network with an ACL that holds the daemon alone.',
  );
}
