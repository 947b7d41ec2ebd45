/** An INVITE from any address of loopback, by hand: who is let in, and how the others are told. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Headers } from './endpoint.js';
import { digest, format, header, parseMessage, sdp, token } from './message.js';

export interface Knock {
  readonly from: string;
  readonly to: { readonly peerHost: string; readonly peerPort: number };
  /** Whom it is for. */
  readonly user: string;
  readonly headers?: Headers;
  /** The password's proof, should one be asked for. */
  readonly account?: { readonly user: string; readonly password: string };
}

/** The final answer. */
export async function knock({ from, to: { peerHost, peerPort }, user, headers = [], account }: Knock): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  const at = `${from}:${socket.address().port}`;
  const uri = `sip:${user}@${peerHost}:${peerPort}`;
  const [tag, callId, body] = [token(), token(), sdp(9_000)];
  const send = (method: string, cseq: number, branch: string, to: string, more: Headers = [], content = ''): void =>
    socket.send(
      format(
        `${method} ${uri} SIP/2.0`,
        [
          ['Via', `SIP/2.0/UDP ${at};branch=z9hG4bK${branch};rport`],
          ['Max-Forwards', '70'],
          ['From', `<sip:0612345678@${at}>;tag=${tag}`],
          ['To', to],
          ['Call-ID', callId],
          ['CSeq', `${cseq} ${method}`],
          ['Contact', `<sip:x@${at}>`],
          ...more,
        ],
        content,
      ),
      peerPort,
      peerHost,
    );
  const ask = async (cseq: number, more: Headers = []): Promise<{ readonly status: number; readonly challenge: string }> => {
    const branch = token();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer for ${user}`)), 10_000);
        socket.removeAllListeners('message').on('message', (data) => {
          const answer = parseMessage(data.toString('utf8'));
          const { status = 0 } = answer ?? {};
          // An answer that is repeated belongs to the INVITE before.
          if (answer === undefined || status < 200 || !header(answer, 'cseq').startsWith(`${cseq} `)) return;
          if (status >= 300) send('ACK', cseq, branch, header(answer, 'to'));
          resolve({ status, challenge: header(answer, 'www-authenticate') || header(answer, 'proxy-authenticate') });
        });
        send('INVITE', cseq, branch, `<${uri}>`, [...headers, ...more, ['Content-Type', 'application/sdp']], body);
      });
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const { status, challenge } = await ask(1);
    if (account === undefined || (status !== 401 && status !== 407)) return status;
    const proof = [
      status === 401 ? 'Authorization' : 'Proxy-Authorization',
      digest(challenge, { method: 'INVITE', uri, ...account }),
    ] as const;
    return (await ask(2, [proof])).status;
  } finally {
    socket.close();
  }
}
