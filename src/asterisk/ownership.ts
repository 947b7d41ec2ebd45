/**
 * Which daemon controls a node: the one whose name stands in a global variable of the node itself, as `name.epoch.beat`
 * (DESIGN D4). The owner writes the next beat every 300 ms; a standby that sees the variable stand still for 1,500 ms on its own
 * monotonic clock writes its name there with the next epoch and looks again: of two that did so the last one stays.
 *
 * Asterisk cannot compare and swap, so a daemon that was suspended may write its old name over its successor's: the higher epoch
 * counts, and its owner writes it again. `held` is the gate of every write: open only if our name was read back less than a second
 * ago. That a suspended daemon hears no events any more is Asterisk's doing: the newer websocket wins.
 */
import type { Clock } from '../ports/clock.js';

export const ownershipTimings = { beatMs: 300, stillMs: 1_500, validMs: 1_000, settleMs: 150 } as const;

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
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
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
    const { clock, read, write, instance } = this.#options;
    const askedAt = clock.monotonic();
    const value = await read();
    if (round !== this.#round) return;
    const owner = parse(value);
    if (this.#mine !== undefined) {
      if (owner?.name === instance && owner.epoch === this.#mine.epoch) {
        this.#confirm(askedAt);
        await write(text(this.#mine, ++this.#beat));
        return;
      }
      // A daemon that was suspended wrote what it thought: it is the older one.
      if (owner !== undefined && owner.epoch < this.#mine.epoch) return await write(text(this.#mine, ++this.#beat));
      if (owner === undefined) this.#lose('Asterisk has restarted: nobody owns the node', false);
      else this.#lose('another daemon owns the node', owner.name !== 'none');
    }
    if (value !== this.#seen) {
      this.#seen = value;
      this.#seenAt = clock.monotonic();
    }
    const free = owner === undefined || owner.name === 'none';
    if (!free && clock.monotonic() - this.#seenAt < ownershipTimings.stillMs) return;
    await this.#take(round, { name: instance, epoch: (owner?.epoch ?? 0) + 1 });
  }

  async #take(round: number, mine: Owner): Promise<void> {
    const { clock, read, write } = this.#options;
    await write(text(mine, 0));
    await new Promise<void>((resolve) => clock.after(ownershipTimings.settleMs, resolve));
    const askedAt = clock.monotonic();
    const owner = parse(await read());
    if (round !== this.#round || owner?.name !== mine.name || owner.epoch !== mine.epoch) return;
    this.#mine = mine;
    this.#beat = 0;
    this.#confirm(askedAt);
  }

  #lose(reason: string, taken: boolean): void {
    if (this.#mine === undefined) return;
    this.#mine = undefined;
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#seen = undefined;
    this.#options.lost(reason, taken);
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
