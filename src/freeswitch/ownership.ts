/**
 * Which daemon controls a node: the one whose name stands in a global variable of the node itself. The variable is compared
 * and swapped by FreeSWITCH, so ownership needs no clock and no other store (DESIGN D4).
 *
 * The owner writes a counter every 300 ms and reads its name back; a standby that sees the counter stand still for 1,500 ms
 * on its own monotonic clock puts its name there with the next epoch. `held` is the gate of every write: it is open only if the
 * name was read back less than a second ago, which also stops a daemon that was suspended and has been replaced meanwhile.
 *
 * Whoever reads his own name with a closed gate (suspended, cut off) must not open it at once: a standby may have seen the counter
 * stand still just now, and be about to write. So he writes the counter first, and opens the gate at a later look if his name is
 * still there: by then a standby that has not seen the counter move has either written or given up (`lateMs`).
 *
 * Replies may be late, but not by much: an owner goes on, and opens his gate again, at up to 400 ms; a standby takes a node over
 * at less than 200 ms (`lateMs`).
 */
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Command, globalGetvar, globalSetvar } from './esl/command.js';
import type { Reply } from './esl/reply-queue.js';

const ownerVariable = 'tcore_owner';
const beatVariable = 'tcore_beat';

export const ownershipTimings = {
  beatMs: 300,
  stillMs: 1_500,
  validMs: 1_000,
  promptMs: 150,
  newMs: 250,
  lateMs: 200,
} as const;

/** Whoever takes the node for a counter that stands still has read it this long after it was written, at the least. */
const movingMs = ownershipTimings.stillMs - ownershipTimings.lateMs;

/** The owner's name when there is none; an epoch follows, which only ever grows. */
const nobody = 'none';

export interface OwnershipOptions {
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the connection is lost, or ends it when the command could not leave in time (monotonic ms). */
  send(command: Command, leavesBy?: number): Promise<Reply>;
  gained(): void;
  /** At each reading that found our name, the first included. */
  confirmed(): void;
  /** `taken`: another daemon has it; otherwise nobody has. */
  lost(reason: string, taken: boolean): void;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  #stopTimer: (() => void) | undefined;
  /** Counts connections: what an old one still answers concerns nobody. */
  #round = 0;
  #mine: string | undefined;
  #counter = 0;
  /** Monotonic ms, as the next ones. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  /** The counters that FreeSWITCH took lately: somewhere between these two. */
  #beats: readonly { readonly sentAt: number; readonly takenBy: number }[] = [];
  #seen = '';
  #seenAt = 0;
  #othersTold = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  get held(): boolean {
    return this.#mine !== undefined && this.#options.clock.monotonic() - this.#confirmedAt < ownershipTimings.validMs;
  }

  /** Until when nobody else can have the node, monotonic ms: later than the gate shuts, so that what has passed it has time to leave. */
  get safeUntil(): number {
    return this.#confirmedAt + movingMs;
  }

  /** At each new connection. */
  start(): void {
    this.stop();
    this.#seen = '';
    this.#beat(this.#round);
  }

  /** At each loss of the connection. The name stays: a daemon that comes back in time goes on as the owner. */
  stop(): void {
    this.#round++;
    this.#stopTimer?.();
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#beats = [];
    this.#othersTold = false;
  }

  /** Makes room for another daemon at once. */
  async release(): Promise<void> {
    const mine = this.#mine;
    this.stop();
    this.#mine = undefined;
    if (mine !== undefined) await this.#options.send(globalSetvar(ownerVariable, `${nobody}.${epochOf(mine)}`, mine));
  }

  #beat(round: number): void {
    this.#stopTimer = this.#options.clock.after(ownershipTimings.beatMs, () => this.#beat(round));
    this.#look(round).catch((error: unknown) => this.#options.log.debug({ err: error }, 'the owner of the node could not be read'));
  }

  async #look(round: number): Promise<void> {
    const { send, clock } = this.#options;
    const askedAt = clock.monotonic();
    const open = this.held;
    // The one write that passes no gate: that the counter moves gives nobody the node, it only lets a standby wait.
    if (this.#mine !== undefined) this.#countUp();
    const [owner, beat] = await Promise.all([send(globalGetvar(ownerVariable)), send(globalGetvar(beatVariable))]);
    if (round !== this.#round) return;
    if (this.#mine !== undefined && owner.text === this.#mine) {
      if (open || this.#noneWrites(askedAt)) this.#confirm(askedAt);
      return;
    }
    const named = owner.ok && /^\w+\.\d+$/.test(owner.text);
    const free = named && owner.text.startsWith(`${nobody}.`);
    if (this.#mine !== undefined) {
      this.#mine = undefined;
      this.#confirmedAt = Number.NEGATIVE_INFINITY;
      if (!named || free)
        this.#options.lost(
          named ? 'another daemon has owned the node and left it' : 'FreeSWITCH has restarted: nobody owns the node',
          false,
        );
    }
    // Also told by one that stands by from the start: else it would go on saying why it had not connected before.
    const others = named && !free;
    if (others && !this.#othersTold) this.#options.lost('another daemon owns the node', true);
    this.#othersTold = others;
    if (!named) {
      await this.#initialise(round, askedAt, beat.text);
      return;
    }
    this.#notice(owner.text, beat.text);
    const stoodMs = clock.monotonic() - this.#seenAt;
    const needed = !free ? ownershipTimings.stillMs : epochOf(owner.text) === 0 ? ownershipTimings.newMs : 0;
    const leavesBy = askedAt + ownershipTimings.lateMs;
    if (stoodMs >= needed && clock.monotonic() < leavesBy) await this.#take(round, owner.text, leavesBy);
  }

  #countUp(): void {
    const { send, clock } = this.#options;
    const round = this.#round;
    const sentAt = clock.monotonic();
    send(globalSetvar(beatVariable, `${this.#counter++}`)).then(
      () => {
        if (round !== this.#round) return;
        const takenBy = clock.monotonic();
        this.#beats = [...this.#beats.filter((beat) => takenBy - beat.sentAt < movingMs), { sentAt, takenBy }];
      },
      () => undefined,
    );
  }

  /**
   * Whether no standby can be about to write, seeing that our name still stood when we asked for it: one that has not seen a counter of
   * ours has written or given up before we asked, and one that has cannot have found it still since.
   */
  #noneWrites(askedAt: number): boolean {
    const now = this.#options.clock.monotonic();
    return this.#beats.some(({ sentAt, takenBy }) => askedAt - takenBy >= ownershipTimings.lateMs && now - sentAt < movingMs);
  }

  #notice(owner: string, beat: string): void {
    const seen = `${owner} ${beat}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#seenAt = this.#options.clock.monotonic();
  }

  /**
   * A switch that has just started. FreeSWITCH cannot compare and swap a variable that is not there: `NAME=NEW=` sets it whatever it
   * holds (LAB). So this write is unconditional, and must not meet a name that somebody has taken meanwhile: it is sent only right
   * after the question, and `none.0` is taken by nobody before it has stood for 250 ms. Only a write that is itself 100 ms on its
   * way can still take a name off; its owner then finds that out within 300 ms.
   */
  async #initialise(round: number, askedAt: number, beat: string): Promise<void> {
    const { send, clock } = this.#options;
    const leavesBy = askedAt + ownershipTimings.promptMs;
    if (clock.monotonic() > leavesBy) return;
    const unowned = `${nobody}.0`;
    await send(globalSetvar(ownerVariable, unowned), leavesBy);
    if (round === this.#round) this.#notice(unowned, beat);
  }

  async #take(round: number, from: string, leavesBy: number): Promise<void> {
    const { send, clock, instance } = this.#options;
    const askedAt = clock.monotonic();
    const mine = `${instance}.${epochOf(from) + 1}`;
    // It says +OK whatever happened: only what stands there afterwards counts.
    const [, owner] = await Promise.all([send(globalSetvar(ownerVariable, mine, from), leavesBy), send(globalGetvar(ownerVariable))]);
    if (round !== this.#round || owner.text !== mine) return;
    this.#mine = mine;
    this.#othersTold = false;
    this.#confirm(askedAt);
  }

  /** @param askedAt When we asked, not when the answer came: in between the daemon may have been suspended. */
  #confirm(askedAt: number): void {
    const fresh = this.#confirmedAt === Number.NEGATIVE_INFINITY;
    this.#confirmedAt = askedAt;
    if (fresh) this.#options.gained();
    this.#options.confirmed();
  }
}

const epochOf = (owner: string): number => Number(/\.(\d+)$/.exec(owner)?.[1] ?? 0);
