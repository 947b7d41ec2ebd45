/** What Asterisk tells of channels → what the port tells of legs. Between the two stands what we remember of a leg, and its guard. */
import { relative } from 'node:path';
import { id, type PlayId } from '../core/ids.js';
import type { PbxEvent } from '../ports/pbx.js';
import { type AriEvent, segment } from './ari.js';
import { type Attendances, isEar } from './attendances.js';
import { causeName, failureReason, q850 } from './causes.js';
import type { Collector } from './collector.js';
import { endRecording, messageMs, rawSuffix } from './files.js';
import type { Guards } from './guards.js';
import { type Leg, type Legs, legOf } from './legs.js';
import type { NodeLink } from './link.js';
import { type AsteriskOptions, application } from './options.js';
import { referralOf } from './referral.js';
import { arrivalOf, type BridgeBody, type ChannelBody, messageOf, recordingOf } from './snapshot.js';
import type { Sounds } from './sounds.js';

export interface LegEventsParts {
  readonly options: AsteriskOptions;
  readonly link: NodeLink;
  readonly legs: Legs;
  readonly guards: Guards;
  readonly sounds: Sounds;
  readonly collector: Collector;
  readonly attendances: Attendances;
  emit(event: PbxEvent): void;
}

/** What follows the end of a leg (its recording, its message) holds its last event up no longer, ms. */
const lastWordsMs = 1_000;
/** What is left of a message that was nothing but silence, ms: Asterisk cuts the silence off and leaves a second. */
const emptyMessageMs = 1_200;

export class LegEvents {
  readonly #parts: LegEventsParts;

  constructor(parts: LegEventsParts) {
    this.#parts = parts;
  }

  saw(event: AriEvent): void {
    const channel = event['channel'] as ChannelBody | undefined;
    if (channel !== undefined && isEar(channel.id)) {
      if (event.type === 'StasisStart') this.#parts.attendances.started(channel.id);
      if (event.type === 'StasisEnd') this.#parts.attendances.gone(channel.id);
      return;
    }
    switch (event.type) {
      case 'PlaybackFinished':
        this.#played(event['playback'] as { id: string; target_uri: string; state: string });
        break;
      case 'StasisStart':
        if (channel !== undefined) this.#started(channel, (event['args'] as readonly string[] | undefined) ?? []);
        break;
      case 'StasisEnd':
        if (channel !== undefined) this.#left(channel);
        break;
      case 'ChannelDestroyed':
        if (channel !== undefined) this.#background(this.#destroyed(channel, Number(event['cause'] ?? 0)));
        break;
      case 'ChannelHangupRequest': {
        const known = channel && this.#parts.legs.byChannel(channel.id);
        if (known !== undefined) known.leaving = true;
        break;
      }
      case 'ChannelStateChange':
        if (channel !== undefined) this.#state(channel);
        break;
      case 'ChannelDtmfReceived': {
        const known = channel && this.#parts.legs.byChannel(channel.id);
        const digit = String(event['digit']);
        if (known !== undefined && !this.#parts.collector.took(known, digit)) this.#parts.emit({ type: 'digit', leg: known.id, digit });
        break;
      }
      case 'ChannelEnteredBridge':
        if (channel !== undefined) this.#entered(channel, event['bridge'] as BridgeBody);
        break;
      case 'ChannelTransfer':
        this.#background(this.#referred(event));
        break;
      case 'ChannelLeftBridge':
        if (channel !== undefined) this.#leftBridge(channel, event['bridge'] as BridgeBody);
        break;
      default:
        this.#parts.options.metrics.unknownEvent(this.#parts.options.id);
    }
  }

  joined(a: Leg, b: Leg): void {
    const [caller, other] = b.comesBack && !a.comesBack ? [b, a] : [a, b];
    for (const one of [caller, other]) {
      one.phase = 'bridged';
      void this.#parts.guards.talk(one.id, one.channel, one.originated);
    }
    caller.other = other.id;
    other.other = caller.id;
    other.talkedTo = caller.id;
    this.#parts.emit({ type: 'bridged', leg: caller.id, other: other.id });
  }

  /** A channel was handed to us: `args` are those of `Stasis(…)` in the dialplan, or of the originate. */
  #started(channel: ChannelBody, [entry, dialled = '', user = '']: readonly string[]): void {
    const { options, legs, emit } = this.#parts;
    const leg = legOf(options.id, channel.id);
    const known = legs.of(leg, entry === 'ours');
    if (entry !== 'ours') this.subscribe(known);
    if (entry === 'call') {
      known.phase = 'alone';
      emit({ type: 'arrival', arrival: { ...arrivalOf(options.id, channel), dialled } });
      return;
    }
    if (entry === 'feature') {
      known.phase = 'alone';
      known.feature = true;
      emit({ type: 'feature', feature: { leg, node: options.id, user, dialled } });
      return;
    }
    if (known.cancelled !== undefined) {
      // It was answered just then: it is told why as if it had still rung.
      this.#hangUp(known, q850[known.cancelled]);
      return;
    }
    const returning = known.phase === 'away';
    known.phase = 'alone';
    void this.#parts.guards.keep(leg, known.channel, known.originated);
    switch (entry) {
      case 'ours':
        emit({ type: 'ready', leg });
        break;
      case 'message':
        this.#background(this.#message(known, channel).then(() => known.adopting && this.#parked(known)));
        break;
      default:
        if (returning || entry === 'handover') this.#parked(known);
    }
  }

  #parked(known: Leg): void {
    known.adopting = false;
    this.#parts.emit({ type: 'parked', leg: known.id });
  }

  /** The dialplan has it now, or it is about to end. */
  #left(channel: ChannelBody): void {
    const known = this.#parts.legs.byChannel(channel.id);
    if (known !== undefined) known.phase = 'away';
  }

  #state(channel: ChannelBody): void {
    const known = this.#parts.legs.byChannel(channel.id);
    if (known === undefined) return;
    if (known.originated && channel.state === 'Ringing') known.rang = true;
    if (!known.originated && channel.state === 'Up') this.#parts.emit({ type: 'answered', leg: known.id });
  }

  #played({ id: playback, target_uri: target, state }: { readonly id: string; readonly target_uri: string; readonly state: string }): void {
    const known = this.#parts.legs.byChannel(target.replace(/^channel:/, ''));
    if (known === undefined || this.#parts.collector.prompted(known, playback)) return;
    if (!this.#parts.sounds.ended(known, playback, state === 'failed') || known.leaving) return;
    const failed = state === 'failed';
    if (failed) this.#parts.options.log.warn({ leg: known.id }, 'a prompt was not played');
    this.#parts.emit({ type: 'played', leg: known.id, play: id<PlayId>(playback), failed });
  }

  #entered(channel: ChannelBody, bridge: BridgeBody): void {
    const { legs } = this.#parts;
    const known = legs.byChannel(channel.id);
    if (known?.bridge !== bridge.id || known.phase !== 'joining' || bridge.channels.length < 2) return;
    const other = known.other === undefined ? undefined : legs.get(known.other);
    if (other !== undefined) this.joined(known, other);
  }

  #leftBridge(channel: ChannelBody, bridge: BridgeBody): void {
    const { legs, link } = this.#parts;
    const known = legs.byChannel(channel.id);
    if (known?.bridge !== bridge.id) return;
    const other = known.other === undefined ? undefined : legs.get(known.other);
    known.bridge = undefined;
    known.other = undefined;
    if (other?.bridge !== bridge.id) return;
    this.#background(link.do((ari) => ari.delete(`/bridges/${segment(bridge.id)}`)));
    other.bridge = undefined;
    other.other = undefined;
    // The agent follows the caller; a caller whose agent has gone is ours again.
    if (!other.comesBack) this.#hangUp(other, 16);
    else if (other.phase === 'bridged' || other.phase === 'joining') {
      other.phase = 'alone';
      void this.#parts.guards.keep(other.id, other.channel, other.originated);
      this.#parts.emit({ type: 'parked', leg: other.id });
    }
  }

  /**
   * The transfer key of an agent's phone. The caller is ours again before the phone hears that it is done: should anything be lost
   * on the way, he is guarded. Where to is for the core to say; a call of the phone's own is nothing that a caller may be given.
   */
  async #referred(event: AriEvent): Promise<void> {
    const { legs, link, guards, emit, options } = this.#parts;
    const referral = referralOf(event);
    if (referral === undefined) return;
    const known = legs.byChannel(referral.channel);
    const other = known?.other === undefined ? undefined : legs.get(known.other);
    const told = (state: 'channel_answered' | 'channel_declined') =>
      link.do((ari) => ari.post(`/channels/${segment(referral.channel)}/transfer_progress`, { states: state }));
    if (known?.phase !== 'bridged' || other === undefined || known.comesBack || referral.target === undefined) {
      options.log.info({ leg: known?.id }, 'a transfer to a call of the phone itself, or without a talk, is refused');
      await told('channel_declined');
      return;
    }
    const { bridge } = known;
    for (const one of [known, other]) {
      one.phase = 'alone';
      one.bridge = undefined;
      one.other = undefined;
    }
    void guards.keep(other.id, other.channel, other.originated);
    // Whoever transfers leaves nobody alone: should we die now, the caller is not taken for served (dialplan, …-left).
    const marked = link.act('Setvar', { Channel: known.channel, Variable: 'TCORE_ATTENDS', Value: '1' });
    if (bridge !== undefined) await link.do((ari) => ari.delete(`/bridges/${segment(bridge)}`));
    emit({ type: 'referred', leg: other.id, target: referral.target });
    await marked;
    await told('channel_answered');
    this.#hangUp(known, 16);
  }

  async #destroyed(channel: ChannelBody, cause: number): Promise<void> {
    const { legs, guards, attendances, emit, options } = this.#parts;
    const known = legs.byChannel(channel.id);
    if (known === undefined) return;
    guards.forget(known.id);
    this.#background(attendances.ended(known.id));
    known.collecting?.stopTimer();
    const dialling = known.phase === 'dialling';
    if (dialling) {
      legs.forget(known.id);
      const reason = known.cancelled !== undefined ? 'no-answer' : known.rang || cause !== 19 ? failureReason(cause) : 'unreachable';
      emit({ type: 'failed', leg: known.id, reason, cause: causeName(cause) });
      return;
    }
    this.#served(known);
    const words = this.#lastWords(known, channel);
    await Promise.race([words, new Promise<void>((resolve) => options.clock.after(lastWordsMs, resolve))]);
    emit({ type: 'hungup', leg: known.id, cause: causeName(cause) });
    legs.forget(known.id);
  }

  /** The dialplan takes whom he talked to for served (…-left). One who is served on by us is not: should we die, he is told so. */
  #served({ talkedTo }: Leg): void {
    const other = talkedTo === undefined ? undefined : this.#parts.legs.get(talkedTo);
    if (other === undefined || other.leaving || other.originated) return;
    this.#background(this.#parts.link.act('Setvar', { Channel: other.channel, Variable: 'TCORE_LEFT', Value: '' }));
  }

  /** A message that was being left, a recording: told before the end of the leg. */
  async #lastWords(known: Leg, channel: ChannelBody): Promise<void> {
    if (known.message !== undefined) await this.#message(known, channel);
    const { options, emit } = this.#parts;
    const recording = known.recording ?? recordingOf(channel, options.recordingsDir);
    if (recording === undefined) return;
    known.recording = undefined;
    const path = `${options.recordingsDir}/${recording}`;
    const { ms, bytes } = await endRecording(`${path}${rawSuffix}`, path);
    emit({ type: 'recorded', leg: known.id, file: recording, ms, bytes });
  }

  async #message(known: Leg, channel: ChannelBody): Promise<void> {
    const message = known.message ?? messageOf(channel);
    known.message = undefined;
    if (message === undefined) return;
    const length = await messageMs(message.path);
    const silent = channel.channelvars?.['RECORD_STATUS'] === 'SILENCE';
    const ms = silent && length <= emptyMessageMs ? 0 : length;
    const file = relative(this.#parts.options.recordingsDir, message.path);
    this.#parts.emit({ type: 'message', leg: known.id, play: message.play, file, ms });
  }

  /** Else nobody would tell of its end (RECIPES §2). */
  subscribe(known: Leg): void {
    const { channel } = known;
    known.subscribed = true;
    this.#background(
      this.#parts.link
        .do((ari) => ari.post(`/applications/${application}/subscription`, { eventSource: `channel:${channel}` }))
        .then((reply) => {
          // 422, 404: it is gone already, and nothing else will tell so.
          if (reply !== undefined && !reply.ok && reply.status >= 400) return this.#destroyed({ id: channel, name: '', state: 'Down' }, 16);
          return undefined;
        }),
    );
  }

  #hangUp(known: Leg, cause: number): void {
    this.#background(this.#parts.link.do((ari) => ari.delete(`/channels/${segment(known.channel)}`, { reason_code: cause })));
  }

  #background(work: Promise<unknown>): void {
    work.catch((err: unknown) => this.#parts.options.log.error({ err }, 'failed in the background'));
  }
}
