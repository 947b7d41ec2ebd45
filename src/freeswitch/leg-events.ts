/** What FreeSWITCH tells of legs → what the port tells of them. Between the two stands what we remember of a leg, and its guard. */
import { isAbsolute, relative } from 'node:path';
import { id, type LegId, type PlayId } from '../core/ids.js';
import type { PbxEvent } from '../ports/pbx.js';
import type { Dialling } from './dialling.js';
import { type Command, type GuardAction, uuidSetvars } from './esl/command.js';
import { wire } from './esl/encode.js';
import { type Sighting, variable } from './event-mapping.js';
import { type Guards, guardTimings } from './guards.js';
import type { Leg, Legs } from './legs.js';
import type { FreeswitchOptions } from './options.js';

export interface LegEventsParts {
  readonly options: FreeswitchOptions;
  readonly legs: Legs;
  readonly guards: Guards;
  readonly dialling: Dialling;
  /** Never rejects. */
  do(command: Command): Promise<unknown>;
  /** The music file was played to its end. */
  musicEnded(leg: LegId, music: string): void;
  emit(event: PbxEvent): void;
}

/** All that are about a leg. */
export type LegSighting = Exclude<Sighting, { readonly saw: 'phone' | 'nothing' }>;

export class LegEvents {
  readonly #parts: LegEventsParts;
  readonly #legs: Legs;
  readonly #guards: Guards;
  readonly #dialling: Dialling;

  constructor(parts: LegEventsParts) {
    this.#parts = parts;
    this.#legs = parts.legs;
    this.#guards = parts.guards;
    this.#dialling = parts.dialling;
  }

  /** What an event means for the leg that it is about. */
  /** `lateMs`: how old the news is, at least. */
  saw(sighting: LegSighting, lateMs: number): void {
    const leg = id<LegId>(sighting.leg);
    switch (sighting.saw) {
      case 'created':
        this.#dialling.created(leg);
        break;
      case 'parked':
        this.#parked(leg, sighting, lateMs);
        break;
      case 'bridged':
        this.#bridged(sighting);
        break;
      case 'hungup':
        this.#hungup(leg, sighting);
        break;
      case 'answered':
        this.#parts.emit({ type: 'answered', leg });
        break;
      case 'played':
        if (sighting.failed) this.#parts.options.log.warn({ leg, response: sighting.response }, 'a prompt was not played to its end');
        this.#played(leg, id<PlayId>(sighting.play), sighting.failed);
        break;
      case 'collected':
        // Before anything else happens to the leg: each of its events would carry the keys.
        this.#parts.do(uuidSetvars(leg, { [variable.collected]: wire``, sensitive_dtmf: wire`false` })).catch(() => undefined);
        this.#parts.emit({ type: 'collected', leg, play: id<PlayId>(sighting.play), digits: sighting.digits });
        break;
      case 'music-ended':
        this.#parts.musicEnded(leg, sighting.music);
        break;
      case 'music-failed':
        this.#parts.options.log.warn({ leg, response: sighting.response }, 'the hold music cannot be played: the caller waits in silence');
        break;
      case 'message':
        this.#message(leg, sighting);
        break;
      case 'digit':
        this.#parts.emit({ type: 'digit', leg, digit: sighting.digit });
        break;
      case 'recorded': {
        const file = this.#below(sighting.path);
        if (file === undefined || this.#legs.get(leg)?.messagePath === sighting.path) break;
        this.#parts.emit({ type: 'recorded', leg, file, ms: sighting.ms, bytes: sighting.bytes });
        break;
      }
      default:
        sighting satisfies never;
    }
  }

  #parked(leg: LegId, seen: Sighting & { saw: 'parked' }, lateMs: number): void {
    const toFallback: GuardAction = { to: 'fallback', context: this.#parts.options.context };
    if (seen.entry === 'call' && !seen.taken && !seen.originated) {
      const { caller, dialled } = seen;
      this.#legs.of(leg, false).dressed = seen.dressed;
      this.#guards.inherit(leg, toFallback, lateMs);
      this.#parts.emit({ type: 'arrival', arrival: { leg, node: this.#parts.options.id, caller, dialled } });
      return;
    }
    if (seen.entry === 'feature') {
      this.#dialledCode(leg, seen, lateMs);
      return;
    }
    const known = this.#legs.of(leg, seen.originated);
    known.stopTimer();
    if (seen.originated && seen.entry === undefined && !this.#dialling.ready(leg)) return;
    known.phase = 'alone';
    known.dressed = seen.dressed;
    known.messagePath = undefined;
    // A caller who had his talk is hung up by the dialplan's guard; by ours, should somebody go on serving him, sent to the fallback.
    this.#guards.inherit(leg, seen.originated ? { to: 'hangup' } : toFallback, lateMs);
    switch (seen.entry) {
      case undefined:
        this.#parts.emit({ type: 'ready', leg });
        break;
      case 'refer':
        this.#parts.emit({ type: 'referred', leg, target: seen.target });
        break;
      case 'message':
        // The message was told already; whoever took it keeps the caller.
        this.#guards.keep(leg);
        if (known.adopting) this.#parts.emit({ type: 'parked', leg });
        break;
      default:
        this.#parts.emit({ type: 'parked', leg });
    }
    known.adopting = false;
  }

  #dialledCode(leg: LegId, { user, dialled, taken }: Sighting & { saw: 'parked' }, lateMs: number): void {
    // One that was taken and parks again is over: its guard hangs it up.
    if (taken || user === '') return;
    this.#legs.of(leg, false).feature = true;
    this.#guards.inherit(leg, { to: 'hangup' }, lateMs);
    this.#parts.emit({ type: 'feature', feature: { leg, node: this.#parts.options.id, user, dialled } });
  }

  #bridged(seen: Sighting & { saw: 'bridged' }): void {
    const [legA, legB] = [id<LegId>(seen.leg), id<LegId>(seen.other)];
    const mine = seen.originated || this.#legs.get(legA) !== undefined || this.#legs.get(legB) !== undefined;
    if (!mine) return; // a bridge of the operator's own dialplan
    const a = this.#legs.of(legA, seen.originated);
    this.joined(a, this.#legs.of(legB, !a.originated));
  }

  joined(a: Leg, b: Leg): void {
    const [caller, other] = b.comesBack && !a.comesBack ? [b, a] : [a, b];
    // Else it is not for sure that FreeSWITCH was told to cancel what guards them.
    const byUs = a.phase === 'joining' && b.phase === 'joining';
    for (const one of [caller, other]) {
      one.stopTimer();
      one.phase = 'bridged';
      one.dressed = false;
      this.#guards.rest(one.id);
      one.stopTimer = this.#parts.options.clock.after(guardTimings.settleMs, () => this.#settled(one, byUs));
    }
    this.#parts.emit({ type: 'bridged', leg: caller.id, other: other.id });
  }

  #hungup(leg: LegId, seen: Sighting & { saw: 'hungup' }): void {
    const known = this.#legs.get(leg);
    this.#guards.forget(leg);
    if (known?.phase === 'dialling' || (seen.originated && !seen.answered)) this.#dialling.ended(leg, seen.cause);
    else if (known !== undefined || seen.ours) this.#parts.emit({ type: 'hungup', leg, cause: seen.cause });
    this.#legs.forget(leg);
  }

  /** They talk: no guard may end it, and the caller counts as served. */
  #settled(leg: Leg, unguarded: boolean): void {
    if (unguarded) this.#guards.forget(leg.id);
    else this.#guards.clear(leg.id);
    if (leg.comesBack) this.#parts.do(uuidSetvars(leg.id, { [variable.returning]: wire`` })).catch(() => undefined);
  }

  #played(leg: LegId, play: PlayId, failed: boolean): void {
    const known = this.#legs.get(leg);
    // A leg that we have known since before the prompt: what is not awaited was told already.
    if (known !== undefined && !known.plays.delete(play)) return;
    this.#parts.emit({ type: 'played', leg, play, failed });
  }

  #message(leg: LegId, seen: Sighting & { saw: 'message' }): void {
    const known = this.#legs.get(leg);
    if (known !== undefined) known.messagePath = undefined;
    const file = this.#below(seen.path);
    if (file !== undefined) this.#parts.emit({ type: 'message', leg, play: id<PlayId>(seen.play), file, ms: seen.ms });
  }

  /** A file's name below the recordings folder. */
  #below(path: string): string | undefined {
    const name = relative(this.#parts.options.recordingsDir, path);
    return name === '' || name.startsWith('..') || isAbsolute(name) ? undefined : name;
  }
}
