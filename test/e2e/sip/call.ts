/** One call of a phone, in either direction: its signalling until it ends, and its sound. */
import type { RtpEndpoint } from '../../../src/lab/rtp-endpoint.js';
import type { Endpoint, Headers } from './endpoint.js';
import { digest, displayName, header, type SipMessage, sdp, tagOf, token, uriOf } from './message.js';

/** `status`: the refusal's, or 200 for a call that was answered. `by`: who ended it. */
export interface CallEnd {
  readonly by: 'us' | 'them';
  readonly status: number;
  /** The Reason header of their CANCEL or BYE (RFC 3326). */
  readonly reason: string;
  readonly at: number;
}

export interface Dialog {
  readonly callId: string;
  readonly localUri: string;
  readonly localTag: string;
  readonly extra: Headers;
}

/** What both directions share: an answered call, and its end. */
export abstract class Call {
  readonly ended: Promise<CallEnd>;
  end: CallEnd | undefined;
  answeredAt: number | undefined;
  /** What became of our REFER, as the other side tells by NOTIFY: a status each time. */
  readonly transfers: number[] = [];
  protected remote = { uri: '', tag: '', target: '', port: 0 };
  #settle: (end: CallEnd) => void = () => undefined;
  #cseq = 100;

  constructor(
    protected readonly endpoint: Endpoint,
    readonly media: RtpEndpoint,
    protected readonly dialog: Dialog,
  ) {
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** BYE, and its confirmation. */
  protected async bye(): Promise<void> {
    if (this.end !== undefined) return;
    this.finish('us', 200);
    await this.endpoint.ask({ ...this.inDialog('BYE', ++this.#cseq) });
  }

  /** The transfer key: asks for the other side to be put through to this URI (RFC 3515). The answer is 202 or a refusal. */
  async refer(target: string): Promise<number> {
    const request = this.inDialog('REFER', ++this.#cseq);
    const refer: Headers = [
      ['Refer-To', `<${target}>`],
      ['Referred-By', `<${this.dialog.localUri}>`],
    ];
    return (await this.endpoint.ask({ ...request, headers: [...request.headers, ...refer] })).status ?? 0;
  }

  /** The other side of this call as the target of an attended transfer (RFC 3891). */
  get replaces(): string {
    const { callId, localTag } = this.dialog;
    return `Replaces=${encodeURIComponent(`${callId};to-tag=${this.remote.tag};from-tag=${localTag}`)}`;
  }

  /** What the other side's SDP says of its sound. */
  protected learn({ body }: SipMessage): void {
    const port = /^m=audio (\d+)/m.exec(body)?.[1];
    if (port !== undefined) this.media.talksTo(Number(port));
  }

  finish(by: CallEnd['by'], status: number, reason = ''): void {
    if (this.end !== undefined) return;
    this.end = { by, status, reason, at: performance.now() };
    void this.media.close();
    this.#settle(this.end);
  }

  protected inDialog(method: string, cseq: number) {
    const { localUri, localTag, callId } = this.dialog;
    const headers: Headers = [
      ['From', `<${localUri}>;tag=${localTag}`],
      ['To', `<${this.remote.uri}>;tag=${this.remote.tag}`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
      ['Contact', `<sip:phone@127.0.0.1:${this.endpoint.port}>`],
    ];
    return { method, uri: this.remote.target, headers, port: this.remote.port };
  }

  /** A request of the other side within this call. */
  onRequest(request: SipMessage, from: number): void {
    if (request.method === 'BYE') {
      this.endpoint.respond(request, from, '200 OK');
      this.finish('them', 200, header(request, 'reason'));
    } else if (request.method === 'INVITE') {
      // Nothing about our side changes.
      const contact = ['Contact', `<sip:phone@127.0.0.1:${this.endpoint.port}>`] as const;
      this.endpoint.respond(request, from, '200 OK', [contact, ['Content-Type', 'application/sdp']], '', sdp(this.media.port));
    } else if (request.method !== 'ACK') {
      this.endpoint.respond(request, from, '200 OK');
      const told = /^SIP\/2\.0 (\d{3})/.exec(request.method === 'NOTIFY' ? request.body : '');
      if (told !== null) this.transfers.push(Number(told[1]));
    }
  }
}

export class OutgoingCall extends Call {
  /** The provisional answers so far. */
  readonly progress: number[] = [];
  readonly answered: Promise<void>;
  /** The answer with which it was refused. */
  refusal: SipMessage | undefined;
  #answer: () => void = () => undefined;
  #refuse: (error: Error) => void = () => undefined;
  #provisional: Promise<void>;
  #onProvisional: () => void = () => undefined;
  #cancelled = false;
  #branch = '';
  #invite: Headers = [];
  /** The second one carries the password's proof. */
  #attempt = 0;
  #account: { readonly user: string; readonly password: string } | undefined;

  constructor(endpoint: Endpoint, media: RtpEndpoint, dialog: Dialog) {
    super(endpoint, media, dialog);
    this.answered = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    // Not everybody waits for it.
    this.answered.catch(() => undefined);
    this.#provisional = new Promise((resolve) => {
      this.#onProvisional = resolve;
    });
  }

  /** @internal */
  invite(uri: string, port: number, from: string, account?: { readonly user: string; readonly password: string }): this {
    this.#account = account;
    this.remote = { uri, tag: '', target: uri, port };
    this.#invite = [
      ['From', `${from};tag=${this.dialog.localTag}`],
      ['To', `<${uri}>`],
      ['Call-ID', this.dialog.callId],
    ];
    this.#send([]);
    return this;
  }

  #send(authorization: Headers): void {
    const { target: uri, port } = this.remote;
    const headers: Headers = [
      ...this.#invite,
      ['CSeq', `${++this.#attempt} INVITE`],
      ['Contact', `<sip:caller@127.0.0.1:${this.endpoint.port}>`],
      ['Content-Type', 'application/sdp'],
      ...authorization,
      ...this.dialog.extra,
    ];
    const body = sdp(this.media.port);
    this.#branch = this.endpoint.request({ method: 'INVITE', uri, headers, body, port }, (response) => this.#responded(response));
  }

  /** Whatever the state: CANCEL before the answer, BYE after it. Resolves when the other side has confirmed. */
  async hangUp(): Promise<void> {
    if (this.end !== undefined) return;
    if (this.answeredAt !== undefined) return await this.bye();
    this.#cancelled = true;
    // Nothing may be cancelled before the other side has it (RFC 3261 section 9.1).
    const said = await Promise.race([
      this.#provisional.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 3_000, false)),
    ]);
    // It said nothing at all: it is dead, or takes our INVITE for no SIP.
    if (!said) return this.finish('us', 0);
    if (this.answeredAt !== undefined) return await this.bye();
    const { target: uri, port } = this.remote;
    const headers: Headers = [...this.#invite, ['CSeq', `${this.#attempt} CANCEL`]];
    await this.endpoint.ask({ method: 'CANCEL', uri, headers, port, branch: this.#branch });
    await this.ended;
  }

  #responded(response: SipMessage): void {
    const status = response.status ?? 0;
    this.#onProvisional();
    if (status < 200) {
      this.progress.push(status);
      return;
    }
    if (status >= 300) {
      const headers: Headers = [
        ...this.#invite.slice(0, 1),
        ['To', header(response, 'to')],
        ['Call-ID', this.dialog.callId],
        ['CSeq', `${this.#attempt} ACK`],
      ];
      this.endpoint.request({ method: 'ACK', uri: this.remote.target, headers, port: this.remote.port, branch: this.#branch });
      if ((status === 407 || status === 401) && this.#account !== undefined && this.#attempt === 1) {
        const request = { method: 'INVITE', uri: this.remote.target, ...this.#account };
        const [asked, answer] = status === 407 ? ['proxy-authenticate', 'Proxy-Authorization'] : ['www-authenticate', 'Authorization'];
        this.#send([[answer, digest(header(response, asked), request)]]);
        return;
      }
      this.refusal = response;
      this.finish(this.#cancelled ? 'us' : 'them', status);
      this.#refuse(new Error(`refused with ${status}`));
      return;
    }
    this.remote = { ...this.remote, tag: tagOf(header(response, 'to')) ?? '', target: uriOf(header(response, 'contact')) };
    this.endpoint.request(this.inDialog('ACK', this.#attempt));
    if (this.answeredAt !== undefined) return;
    this.answeredAt = performance.now();
    this.learn(response);
    this.#answer();
    // The answer and our CANCEL crossed.
    if (this.#cancelled) this.bye().catch((error: unknown) => this.#refuse(error as Error));
  }
}

export class IncomingCall extends Call {
  /** What the phone shows. */
  readonly callerName: string;
  readonly callerNumber: string;
  readonly rangAt = performance.now();
  readonly #request: SipMessage;
  readonly #from: number;

  constructor(endpoint: Endpoint, media: RtpEndpoint, request: SipMessage, from: number) {
    const dialog = { callId: header(request, 'call-id'), localUri: uriOf(header(request, 'to')), localTag: token(), extra: [] };
    super(endpoint, media, dialog);
    const caller = header(request, 'from');
    this.#request = request;
    this.#from = from;
    this.callerName = displayName(caller);
    this.callerNumber = /^sips?:([^@]*)@/.exec(uriOf(caller))?.[1] ?? '';
    this.remote = { uri: uriOf(caller), tag: tagOf(caller) ?? '', target: uriOf(header(request, 'contact')), port: from };
    this.learn(request);
    this.#respond('180 Ringing');
  }

  get request(): SipMessage {
    return this.#request;
  }

  /** The number that was dialled to ring this phone. */
  get dialled(): string {
    return /^sips?:([^@;]*)/.exec(this.#request.uri)?.[1] ?? '';
  }

  answer(): void {
    if (this.end !== undefined) return;
    this.#respond('200 OK', sdp(this.media.port));
    this.answeredAt = performance.now();
  }

  /** `contact`: where to else, for a 302. */
  refuse(status = '486 Busy Here', contact?: string): void {
    this.#respond(status, '', contact);
    this.finish('us', Number(status.slice(0, 3)));
  }

  async hangUp(): Promise<void> {
    await this.bye();
  }

  override onRequest(request: SipMessage, from: number): void {
    if (request.method !== 'CANCEL') {
      super.onRequest(request, from);
      return;
    }
    this.endpoint.respond(request, from, '200 OK', [], this.dialog.localTag);
    if (this.answeredAt !== undefined || this.end !== undefined) return;
    this.#respond('487 Request Terminated');
    this.finish('them', 487, header(request, 'reason'));
  }

  #respond(status: string, body = '', contact = `sip:phone@127.0.0.1:${this.endpoint.port}`): void {
    const extra: Headers = [['Contact', `<${contact}>`], ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const])];
    this.endpoint.respond(this.#request, this.#from, status, extra, this.dialog.localTag, body);
  }
}
