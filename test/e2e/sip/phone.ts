/** A phone that a test holds in its hand: registers, dials, rings. In this process, so that every event can be awaited. */
import { RtpEndpoint } from '../../../src/lab/rtp-endpoint.js';
import { Bell } from './bell.js';
import { type Call, IncomingCall, OutgoingCall } from './call.js';
import { Endpoint, type Headers } from './endpoint.js';
import { DTMF, digest, header, quoted, type SipMessage, token } from './message.js';

export interface Registrar {
  readonly port: number;
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  /** Where it wants to be called. Default: here. */
  readonly contact?: string;
}

export interface Dial {
  readonly port: number;
  readonly number: string;
  readonly callerNumber?: string;
  readonly callerName?: string;
  /** The whole From value but the tag, instead of name and number. */
  readonly from?: string;
  readonly headers?: Headers;
  /** The account that proves itself when the other side asks for it. */
  readonly account?: Pick<Registrar, 'user' | 'password'>;
}

export class Phone extends Bell {
  readonly #endpoint: Endpoint;
  readonly #calls = new Map<string, Call>();
  /** Requests for a call that came while the port for its sound was being opened. */
  readonly #early = new Map<string, (() => void)[]>();
  readonly #lines = new Map<string, Bell>();
  #closed = false;

  private constructor(endpoint: Endpoint) {
    super();
    this.#endpoint = endpoint;
    endpoint.onRequest = (request, from) => this.#requested(request, from);
  }

  static async open(port = 0): Promise<Phone> {
    return new Phone(await Endpoint.open(port));
  }

  get port(): number {
    return this.#endpoint.port;
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#calls.values()) call.finish('us', 0);
    this.#endpoint.close();
  }

  /** The final answer: 200, or the refusal. `expires` 0 unregisters. */
  async register({ port, domain, user, password, contact }: Registrar, expires = 600): Promise<number> {
    const uri = `sip:${domain}`;
    const [callId, tag] = [token(), token()];
    const headers = (cseq: number, more: Headers = []): Headers => [
      ['From', `<sip:${user}@${domain}>;tag=${tag}`],
      ['To', `<sip:${user}@${domain}>`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      ['Contact', `<${contact ?? `sip:${user}@127.0.0.1:${this.port}`}>;expires=${expires}`],
      ['Expires', `${expires}`],
      ...more,
    ];
    const asked = await this.#endpoint.ask({ method: 'REGISTER', uri, headers: headers(1), port });
    if (asked.status !== 401) return asked.status ?? 0;
    const challenge = header(asked, 'www-authenticate');
    const authorization = ['Authorization', digest(challenge, { method: 'REGISTER', uri, user, password })] as const;
    const answer = await this.#endpoint.ask({ method: 'REGISTER', uri, headers: headers(2, [authorization]), port });
    return answer.status ?? 0;
  }

  async dial({ port, number, callerNumber = '0612345678', callerName, from, headers = [], account }: Dial): Promise<OutgoingCall> {
    const media = await openMedia();
    const localUri = `sip:${callerNumber}@127.0.0.1:${this.port}`;
    const dialog = { callId: `${token()}@127.0.0.1`, localUri, localTag: token(), extra: headers };
    const call = new OutgoingCall(this.#endpoint, media, dialog);
    this.#calls.set(dialog.callId, call);
    const caller = from ?? `${callerName === undefined ? '' : `${quoted(callerName)} `}<${localUri}>`;
    return call.invite(`sip:${number}@127.0.0.1:${port}`, port, caller, account);
  }

  /** What rings under this number only. */
  line(number: string): Bell {
    const known = this.#lines.get(number);
    if (known !== undefined) return known;
    const line = new Bell();
    for (const call of this.rang) if (call.dialled === number) line.ring(call);
    this.#lines.set(number, line);
    return line;
  }

  #requested(request: SipMessage, from: number): void {
    const callId = header(request, 'call-id');
    const call = this.#calls.get(callId);
    const early = this.#early.get(callId);
    if (early !== undefined) early.push(() => this.#requested(request, from));
    else if (call !== undefined) call.onRequest(request, from);
    else if (request.method === 'INVITE') this.#ring(request, from);
    else if (request.method === 'BYE') this.#endpoint.respond(request, from, '481 Call Does Not Exist');
    else if (request.method !== 'ACK') this.#endpoint.respond(request, from, '200 OK');
  }

  #ring(request: SipMessage, from: number): void {
    // Answered at once, so that it is not sent again while the port for the sound is opened.
    this.#endpoint.respond(request, from, '100 Trying');
    const callId = header(request, 'call-id');
    const early: (() => void)[] = [];
    this.#early.set(callId, early);
    openMedia()
      .then((media) => {
        this.#early.delete(callId);
        if (this.#closed) {
          void media.close();
          return;
        }
        const call = new IncomingCall(this.#endpoint, media, request, from);
        this.#calls.set(callId, call);
        this.#lines.get(call.dialled)?.ring(call);
        this.ring(call);
        for (const again of early) again();
      })
      .catch(() => this.#endpoint.respond(request, from, '500 No Port'));
  }
}

/** RTP wants an even port. */
async function openMedia(): Promise<RtpEndpoint> {
  for (;;) {
    const media = await RtpEndpoint.open({ dtmfPayloadType: DTMF });
    if (media.port % 2 === 0) return media;
    await media.close();
  }
}
