/**
 * Which daemon controls a node: the one whose name stands in a global variable of the node itself, as `name.epoch.beat`
 * (DESIGN D4). The owner writes the next beat every 300 ms; a standby that sees the variable stand still for 1,600 ms on its own
 * monotonic clock writes its name there with the next epoch and looks again: of two that did so the last one stays.
 *
 * `held` is the gate of every write. Asterisk cannot compare and swap, and any answer may be late, so these rules keep two gates from
 * being open at once (test/unit/asterisk/ownership.test.ts tries to break them):
 * - A gate is open for `validMs` after we asked for the variable and found our name, and only if a beat of ours, sent `freshMs` before
 *   at the most, has arrived. So it is shut before anybody can have seen the beat stand still for `stillMs`, even by an old answer.
 * - Nobody writes for a reading that is older than `settleMs`. Who takes the node looks again after `settleMs`.
 * - Whoever finds his name with a shut gate (he was suspended or cut off, or took the node too slowly) beats, and opens it when his
 *   name has stood at every look for `standsMs`: whoever else had an open gate has seen that name and shut it, or has written his own.
 * - The higher epoch counts: what an older owner wrote too late is written over.
 *
 * That a suspended daemon hears no events any more is Asterisk's doing: the newer websocket wins.
 */
import type { Clock } from '../ports/clock.js';

/** `freshMs` + `validMs` ≤ `stillMs` - `settleMs`, and `validMs` < `standsMs`. */
export const ownershipTimings = { beatMs: 300, stillMs: 1_600, freshMs: 600, validMs: 750, settleMs: 250, standsMs: 850 } as const;

export interface OwnershipOptions {
  readonly instance: string;
  readonly clock: Clock;
  /** The variable's value; empty: Asterisk has just started. Rejects when there is no answer. */
  read(): Promise<string>;
  write(value: string): Promise<void>;
  gained(): void;
  confirmed(): void;
  /** `taken`: another daemon has it; otherwise nobody has. */
  lost(reason: string, taken: boolean): void;
  /** No answer. */
  unreachable(reason: string): void;
}

interface Owner {
  readonly name: string;
  readonly epoch: number;
}

export class Ownership {
  readonly #options: OwnershipOptions;
  #stopTimer: () => void = () => undefined;
  #round = 0;
  #mine: Owner | undefined;
  #beat = 0;
  /** Monotonic ms. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  /** When our last beat that has arrived was sent. */
  #beatAt = Number.NEGATIVE_INFINITY;
  /** Since when every look found our name, and beats followed each other. */
  #standsSince: number | undefined;
  #seen: string | undefined;
  #seenAt = 0;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  get held(): boolean {
    return this.#mine !== undefined && this.#options.clock.monotonic() - this.#confirmedAt < ownershipTimings.validMs;
  }

  start(): void {
    this.#round++;
    this.#look(this.#round).catch(() => undefined);
  }

  stop(): void {
    this.#round++;
    this.#stopTimer();
    this.#shut();
  }

  /** Makes room for another daemon at once. */
  async release(): Promise<void> {
    const mine = this.#mine;
    this.stop();
    this.#mine = undefined;
    if (mine !== undefined) await this.#options.write(`none.${mine.epoch}.0`);
  }

  /** Another daemon's websocket has taken our application's events. */
  replaced(): void {
    this.#lose('another daemon has taken the node', true);
  }

  async #look(round: number): Promise<void> {
    try {
      await this.#turn(round);
    } catch (error) {
      if (round === this.#round) this.#options.unreachable(error instanceof Error ? error.message : String(error));
    }
    if (round !== this.#round) return;
    this.#stopTimer = this.#options.clock.after(ownershipTimings.beatMs, () => {
      this.#look(round).catch(() => undefined);
    });
  }

  async #turn(round: number): Promise<void> {
    const { clock, read, instance } = this.#options;
    const askedAt = clock.monotonic();
    const value = await read();
    if (round !== this.#round) return;
    const owner = parse(value);
    if (this.#mine !== undefined) {
      if (owner?.name === instance && owner.epoch === this.#mine.epoch) {
        this.#found(askedAt);
        await this.#writeBeat(askedAt);
        return;
      }
      if (owner !== undefined && owner.epoch < this.#mine.epoch) {
        this.#standsSince = undefined;
        await this.#writeBeat(askedAt);
        return;
      }
      if (owner === undefined) this.#lose('Asterisk has restarted: nobody owns the node', false);
      else this.#lose('another daemon owns the node', owner.name !== 'none');
    }
    if (value !== this.#seen) {
      this.#seen = value;
      this.#seenAt = clock.monotonic();
    }
    const free = owner === undefined || owner.name === 'none';
    if (!free && clock.monotonic() - this.#seenAt < ownershipTimings.stillMs) return;
    await this.#take(round, askedAt, { name: instance, epoch: (owner?.epoch ?? 0) + 1 });
  }

  /** Our name stands there. */
  #found(askedAt: number): void {
    const { freshMs, standsMs } = ownershipTimings;
    const beating = askedAt - this.#beatAt <= freshMs;
    if (!beating) this.#standsSince = undefined;
    const stands = this.#standsSince !== undefined && askedAt - this.#standsSince >= standsMs;
    if (stands || (beating && this.held)) this.#confirm(askedAt);
  }

  async #writeBeat(askedAt: number): Promise<void> {
    const { clock, write } = this.#options;
    const mine = this.#mine;
    const sentAt = clock.monotonic();
    if (mine === undefined || sentAt - askedAt > ownershipTimings.settleMs) return;
    await write(text(mine, ++this.#beat));
    if (this.#mine !== mine) return;
    this.#beatAt = sentAt;
    this.#standsSince ??= clock.monotonic();
  }

  async #take(round: number, readAt: number, mine: Owner): Promise<void> {
    const { clock, read, write } = this.#options;
    const { settleMs } = ownershipTimings;
    const sentAt = clock.monotonic();
    if (sentAt - readAt > settleMs) return;
    await write(text(mine, 0));
    if (round !== this.#round) return;
    const writtenAt = clock.monotonic();
    if (writtenAt - readAt > settleMs) {
      // Others may have acted meanwhile: as if we had been away.
      this.#own(mine, sentAt, writtenAt);
      return;
    }
    await new Promise<void>((resolve) => clock.after(settleMs, resolve));
    const askedAt = clock.monotonic();
    const owner = parse(await read());
    if (round !== this.#round || owner?.name !== mine.name || owner.epoch !== mine.epoch) return;
    this.#own(mine, sentAt, writtenAt);
    this.#confirm(askedAt);
  }

  #own(mine: Owner, beatAt: number, standsSince: number): void {
    this.#mine = mine;
    this.#beat = 0;
    this.#beatAt = beatAt;
    this.#standsSince = standsSince;
  }

  #lose(reason: string, taken: boolean): void {
    if (this.#mine === undefined) return;
    this.#mine = undefined;
    this.#shut();
    this.#seen = undefined;
    this.#options.lost(reason, taken);
  }

  #shut(): void {
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#beatAt = Number.NEGATIVE_INFINITY;
    this.#standsSince = undefined;
  }

  /** @param askedAt When we asked, not when the answer came: in between the daemon may have been suspended. */
  #confirm(askedAt: number): void {
    const fresh = this.#confirmedAt === Number.NEGATIVE_INFINITY;
    this.#confirmedAt = askedAt;
    if (fresh) this.#options.gained();
    this.#options.confirmed();
  }
}

const text = ({ name, epoch }: Owner, beat: number): string => `${name}.${epoch}.${beat}`;

function parse(value: string): Owner | undefined {
  const [, name, epoch] = /^(\w+)\.(\d+)\.\d+$/.exec(value) ?? [];
  return name === undefined || epoch === undefined ? undefined : { name, epoch: Number(epoch) };
}
