/**
 * The two connections to a node: one for events, one for commands, so that a slow command holds no event back and a reader
 * that lags can be dropped by itself. The node is up when both are there and it is ours; when either is lost, both start anew.
 */
import { randomUUID } from 'node:crypto';
import { Gate } from '../switch/gate.js';
import type { BackgroundCommand, Command } from './esl/command.js';
import { EslConnection } from './esl/connection.js';
import type { EslEvent } from './esl/decode.js';
import { EslError } from './esl/errors.js';
import type { Reply } from './esl/reply-queue.js';
import { eventFilters, watchedEvents } from './event-mapping.js';
import type { FreeswitchOptions } from './options.js';
import { Ownership } from './ownership.js';

export interface LinkListener {
  up(): void;
  /** See the port. */
  down(reason: string, taken: boolean): void;
  /** `lateMs`: see `SessionListener`. */
  event(event: EslEvent, lateMs: number): void;
}

export class NodeLink {
  readonly #options: FreeswitchOptions;
  readonly #events: EslConnection;
  readonly #commands: EslConnection;
  readonly #ownership: Ownership;
  readonly #gate: Gate;
  #listener: LinkListener | undefined;
  #up = false;
  #lastReason: string | undefined;

  constructor(options: FreeswitchOptions) {
    this.#options = options;
    const { host, port, password, clock, log, random, timings } = options;
    const common = { host, port, password, clock, ...(random && { random }), ...(timings && { timings }) };
    this.#events = new EslConnection({ ...common, log: log.child({ connection: 'events' }), events: watchedEvents, filters: eventFilters });
    this.#commands = new EslConnection({ ...common, log: log.child({ connection: 'commands' }), events: ['BACKGROUND_JOB'] });
    this.#ownership = new Ownership({
      instance: options.instance ?? randomUUID().replaceAll('-', '').slice(0, 12),
      clock,
      log,
      send: (command, leavesBy) => this.#commands.send(command, leavesBy),
      gained: () => {
        this.#up = true;
        this.#lastReason = undefined;
        this.#listener?.up();
      },
      confirmed: () => this.#gate.open(),
      lost: (reason, taken) => this.#down(reason, taken),
    });
    this.#gate = new Gate({ clock, sure: () => this.#ownership.held, likely: () => this.#up });
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
    this.#events.start({
      up: () => this.#connected(),
      down: (error, retryMs) => this.#lost('events', error, retryMs, this.#commands),
      event: (event, lateMs) => {
        if (this.#up) listener.event(event, lateMs);
      },
      lag: (ms) => this.#options.metrics.eventLag(this.#options.id, ms),
    });
    this.#commands.start({
      up: () => this.#connected(),
      down: (error, retryMs) => this.#lost('commands', error, retryMs, this.#events),
      reply: (_, reply) => this.#options.metrics.pbxCommand(this.#options.id, reply.ok ? 'ok' : 'refused'),
    });
  }

  /** Lets another daemon have the node at once. */
  async close(): Promise<void> {
    this.#up = false;
    this.#listener = undefined;
    this.#gate.shut();
    await this.#ownership.release().catch((error: unknown) => this.#options.log.debug({ err: error }, 'the node could not be handed over'));
    await Promise.all([this.#events.close(), this.#commands.close()]);
  }

  /** Something is to be done: only while the node is ours. Never rejects; `undefined`: not sent, or never answered. */
  async do(command: Command): Promise<Reply | undefined> {
    return (await this.#gated(command, (leavesBy) => this.#commands.send(command, leavesBy)))?.reply;
  }

  /** As `do`, but resolves as soon as it is sent; `reply` is the result of the background job. */
  async doInBackground(command: BackgroundCommand): Promise<{ readonly reply: Promise<Reply | undefined> } | undefined> {
    return this.#gated(command, (leavesBy) => this.#commands.background(command, leavesBy));
  }

  /** Something is asked. @throws {EslError} (as a rejection) when there is no answer: "unknown" is not "no". */
  ask(command: Command): Promise<Reply> {
    return this.#commands.send(command);
  }

  async #gated(
    command: Command,
    send: (leavesBy: number) => Promise<Reply>,
  ): Promise<{ readonly reply: Promise<Reply | undefined> } | undefined> {
    // Wrapped: to wait for the gate is not to wait for the reply.
    const sent = await this.#gate.pass(() => ({ reply: this.#reply(command, () => send(this.#ownership.safeUntil)) }));
    if (sent === undefined) this.#options.log.debug({ verb: command.verb }, 'not sent: the node is not ours now');
    return sent;
  }

  async #reply(command: Command, send: () => Promise<Reply>): Promise<Reply | undefined> {
    try {
      const reply = await send();
      if (!reply.ok) this.#options.log.debug({ verb: command.verb, said: reply.text }, 'FreeSWITCH refused a command');
      return reply;
    } catch (error) {
      this.#options.metrics.pbxCommand(this.#options.id, 'failed');
      this.#options.log.warn({ verb: command.verb, err: error }, 'a command was lost');
      // It was never sent and the connection stays: what waits for its effect must not wait for ever.
      if (error instanceof EslError && error.code === 'esl-overloaded') return { ok: false, text: '-ERR SWITCH_CONGESTION' };
      return undefined;
    }
  }

  #connected(): void {
    if (this.#events.up && this.#commands.up) this.#ownership.start();
  }

  #lost(which: string, error: EslError, retryMs: number, other: EslConnection): void {
    this.#ownership.stop();
    // The other one ended because of this one: nothing new.
    if (error.code === 'esl-not-connected') return;
    this.#options.log.warn(
      { connection: which, code: error.code, err: error, retryMs },
      'a connection to FreeSWITCH was lost or not reached',
    );
    // Events or commands alone are of no use, and both must see the same start.
    if (other.up) other.drop(new EslError('esl-not-connected', `the connection for ${which} was lost`));
    this.#down(error.message, false);
  }

  #down(reason: string, taken: boolean): void {
    const wasUp = this.#up;
    this.#up = false;
    this.#gate.shut();
    if (!wasUp && this.#lastReason === reason) return;
    this.#lastReason = reason;
    this.#listener?.down(reason, taken);
  }
}
