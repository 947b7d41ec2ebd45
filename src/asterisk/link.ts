/**
 * The way to a node: ARI's commands, its events, and AMI. The node is up when it is ours (ownership.ts), our websocket is open and
 * AMI answers; when one of them is lost all of it starts anew.
 */
import { randomUUID } from 'node:crypto';
import { Gate } from '../switch/gate.js';
import { Ami } from './ami.js';
import { Ari, type AriEvent, type AriReply } from './ari.js';
import { type AsteriskOptions, application } from './options.js';
import { Ownership } from './ownership.js';

export interface LinkListener {
  up(): void;
  /** See the port. */
  down(reason: string, taken: boolean): void;
  event(event: AriEvent): void;
}

const ownerVariable = 'TCORE_OWNER';
const noAnswer = 'no answer';
const noAmi = 'AMI does not answer, or refuses the account';

/** What we want to hear; whatever else Asterisk would tell costs both sides (RECIPES §9). */
const watched = [
  'StasisStart',
  'StasisEnd',
  'ChannelDestroyed',
  'ChannelHangupRequest',
  'ChannelStateChange',
  'ChannelDtmfReceived',
  'ChannelEnteredBridge',
  'ChannelLeftBridge',
  'ChannelTransfer',
  'PlaybackFinished',
  'DeviceStateChanged',
  'ApplicationReplaced',
] as const;

export class NodeLink {
  readonly #options: AsteriskOptions;
  readonly #ari: Ari;
  readonly #ami: Ami;
  readonly #ownership: Ownership;
  readonly #gate: Gate;
  #listener: LinkListener | undefined;
  #stopListening: () => void = () => undefined;
  #up = false;
  #opening = false;
  #lastReason: string | undefined;

  constructor(options: AsteriskOptions) {
    this.#options = options;
    this.#ari = new Ari(options);
    this.#ami = new Ami({ ...options, port: options.amiPort });
    this.#ownership = new Ownership({
      instance: options.instance ?? randomUUID().replaceAll('-', '').slice(0, 12),
      clock: options.clock,
      read: async () => {
        const reply = await this.#ari.get('/asterisk/variable', { variable: ownerVariable });
        if (!reply.ok) throw new Error(describe(reply));
        return String((reply.body as { readonly value?: string }).value ?? '');
      },
      write: async (value) => {
        const reply = await this.#ari.post('/asterisk/variable', { variable: ownerVariable, value });
        if (!reply.ok) throw new Error(describe(reply));
      },
      gained: () => this.#gained(),
      confirmed: () => {
        this.#gate.open();
        // The websocket took so long that the node was in doubt when it opened.
        if (!this.#up) this.#gained();
      },
      lost: (reason, taken) => this.#down(reason, taken),
      unreachable: (reason) => {
        if (!this.#ownership.held) this.#down(reason, false);
      },
    });
    this.#gate = new Gate({ clock: options.clock, sure: () => this.#ownership.held, likely: () => this.#up });
  }

  get up(): boolean {
    return this.#up;
  }

  /** `up`, and that was confirmed less than a second ago: we do not lag behind. */
  get current(): boolean {
    return this.#ownership.held;
  }

  start(listener: LinkListener): void {
    this.#listener = listener;
    this.#ami.start();
    this.#ownership.start();
  }

  async close(): Promise<void> {
    this.#up = false;
    this.#listener = undefined;
    this.#gate.shut();
    this.#stopListening();
    await this.#ownership.release().catch((err: unknown) => this.#options.log.debug({ err }, 'the node could not be handed over'));
    this.#ami.close();
    await this.#ari.close();
  }

  /** Something is to be done: only while the node is ours. Never rejects; `undefined`: not sent. */
  async do(send: (ari: Ari) => Promise<AriReply>): Promise<AriReply | undefined> {
    const passed = await this.#gate.pass(() => ({ reply: send(this.#ari) }));
    const reply = await passed?.reply;
    if (reply === undefined) return undefined;
    this.#options.metrics.pbxCommand(this.#options.id, reply.ok ? 'ok' : reply.status === 0 ? 'failed' : 'refused');
    if (!reply.ok) this.#options.log.debug({ said: describe(reply) }, 'Asterisk refused a command');
    return reply;
  }

  /** The same by AMI. */
  async act(action: string, fields: Readonly<Record<string, string>>): Promise<boolean> {
    const passed = await this.#gate.pass(() => ({ done: this.#ami.do(action, fields) }));
    return (await passed?.done) ?? false;
  }

  /** Something is asked. Rejects when there is no answer: "unknown" is not "no". */
  async ask(path: string, query: Readonly<Record<string, string>> = {}): Promise<AriReply> {
    const reply = await this.#ari.get(path, query);
    if (reply.status === 0 || reply.status >= 500) throw new Error(describe(reply));
    return reply;
  }

  #gained(): void {
    if (this.#opening || this.#listener === undefined) return;
    // Without AMI no guard can be set: whoever called would be lost.
    if (!this.#ami.up) {
      if (this.#lastReason !== noAmi) this.#listener.down(noAmi, false);
      this.#lastReason = noAmi;
      return;
    }
    this.#opening = true;
    this.#open()
      .catch((err: unknown) => {
        if (this.#listener === undefined) return;
        this.#options.log.warn({ err }, 'the node’s events cannot be had');
        this.#ownership.stop();
        this.#ownership.start();
      })
      .finally(() => {
        this.#opening = false;
      });
  }

  async #open(): Promise<void> {
    this.#stopListening();
    this.#stopListening = await this.#ari.listen({
      event: (event) => {
        if (event.type === 'ApplicationReplaced') this.#ownership.replaced();
        else if (this.#up) this.#listener?.event(event);
      },
      closed: (reason) => this.#down(`${noAnswer}: ${reason}`, false),
    });
    if (this.#listener === undefined) return this.#stopListening();
    const filter = await this.#ari.put(`/applications/${application}/eventFilter`, { allowed: watched.map((type) => ({ type })) });
    if (!filter.ok) throw new Error(describe(filter));
    if (!this.#ownership.held || this.#listener === undefined) return;
    this.#up = true;
    this.#lastReason = undefined;
    this.#listener.up();
  }

  #down(reason: string, taken: boolean): void {
    const wasUp = this.#up;
    this.#up = false;
    this.#gate.shut();
    this.#stopListening();
    this.#stopListening = () => undefined;
    if (this.#listener === undefined) return;
    // Gained anew at the next reading, with a websocket of its own.
    this.#ownership.stop();
    this.#options.clock.after(300, () => {
      if (this.#listener !== undefined) this.#ownership.start();
    });
    // That there is no answer takes many forms while it lasts.
    const kind = reason.startsWith(noAnswer) ? noAnswer : reason;
    if (!wasUp && this.#lastReason === kind) return;
    this.#lastReason = kind;
    this.#listener.down(reason, taken);
  }
}

function describe({ status, body }: AriReply): string {
  if (status === 401) return 'ARI refused the account';
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  return `${status === 0 ? noAnswer : status}${typeof message === 'string' ? `: ${message}` : ''}`;
}
