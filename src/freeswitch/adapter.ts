import { randomUUID } from 'node:crypto';
import type { HangupCause } from '../core/call/effect.js';
import type { SupervisionMode } from '../core/call/supervised.js';
import { type DeviceId, id, type LegId, type NodeId, type PlayId } from '../core/ids.js';
import type { CollectRequest, LegSnapshot, OriginateRequest, Pbx, PbxEvent } from '../ports/pbx.js';
import { switchCause } from './causes.js';
import { Dialling } from './dialling.js';
import type { Command, GuardAction } from './esl/command.js';
import * as esl from './esl/command.js';
import { factValue, fileBelow, filePath, integer, token, uuid, type Wire, wire } from './esl/encode.js';
import { EslError } from './esl/errors.js';
import { applicationId, phoneCall, read, variable } from './event-mapping.js';
import { Guards } from './guards.js';
import { LegEvents } from './leg-events.js';
import { Legs } from './legs.js';
import { NodeLink } from './link.js';
import type { FreeswitchOptions } from './options.js';
import { Phones } from './phones.js';
import { doing, rows, snapshot } from './snapshot.js';

/** What `record` takes for silence: the mean of a frame's samples, of 32,768. */
const silenceThreshold = 200;

/** A short file is repeated in no more than this; `file_string` takes 128. */
const musicRepeats = 20;
/** How long a playback that was stopped may take to say so, ms. */
const stoppedWithinMs = 250;

export class FreeswitchPbx implements Pbx {
  readonly node: NodeId;
  readonly #options: FreeswitchOptions;
  readonly #link: NodeLink;
  readonly #guards: Guards;
  readonly #legs = new Legs();
  readonly #phones: Phones;
  readonly #dialling: Dialling;
  readonly #events: LegEvents;
  #emit: (event: PbxEvent) => void = () => undefined;
  #directoryChanged = false;

  constructor(options: FreeswitchOptions) {
    this.node = options.id;
    this.#options = options;
    this.#link = new NodeLink(options);
    const emit = (event: PbxEvent) => this.#emit(event);
    this.#guards = new Guards({ clock: options.clock, do: (command) => this.#link.do(command) });
    this.#phones = new Phones(options, this.#link, emit);
    this.#dialling = new Dialling(options, this.#link, this.#legs, this.#phones, emit);
    const parts = { options, legs: this.#legs, guards: this.#guards, dialling: this.#dialling };
    this.#events = new LegEvents({
      ...parts,
      do: (command) => this.#link.do(command),
      musicEnded: (leg, music) => this.#musicEnded(leg, music),
      emit,
    });
  }

  get up(): boolean {
    return this.#link.up;
  }

  start(listener: (event: PbxEvent) => void): void {
    const options = this.#options;
    this.#emit = listener;
    this.#link.start({
      up: () => {
        if (this.#directoryChanged) this.#background(this.reloadDirectory());
        listener({ type: 'up' });
      },
      down: (reason, taken) => {
        this.#guards.forgetAll();
        this.#legs.forgetAll();
        this.#phones.forgetCalls();
        listener({ type: 'down', reason, taken });
      },
      event: (event, lateMs) => {
        const call = phoneCall(event);
        if (call !== undefined) this.#phones.called(call.leg, call.user, call.on);
        const sighting = read(event);
        if (sighting === undefined) {
          options.metrics.unknownEvent(this.node);
          options.log.debug({ event: event.name }, 'an event that means nothing to us was ignored');
        } else if (sighting.saw === 'nothing') return;
        else if (sighting.saw === 'phone') this.#background(this.#phones.seen(sighting.user, sighting.registered));
        else this.#events.saw(sighting, lateMs);
      },
    });
  }

  async close(): Promise<void> {
    this.#emit = () => undefined;
    this.#guards.forgetAll();
    this.#legs.forgetAll();
    await this.#link.close();
  }

  /** FreeSWITCH reads its configuration files again, phones included; later, should the node not be ours now. */
  async reloadDirectory(): Promise<void> {
    this.#directoryChanged = true;
    if (this.#link.up && (await this.#link.do(esl.reloadXml()))?.ok === true) this.#directoryChanged = false;
  }

  async take(leg: LegId): Promise<boolean> {
    // We stood still and hear of him late: the dialplan may have sent him on already.
    if (!this.#link.current && (await this.#isInFallback(leg))) return false;
    const { feature, dressed } = this.#legs.of(leg, false);
    this.#guards.keep(leg, feature ? { to: 'hangup' } : this.#toFallback);
    const taken = await this.#send([
      // Without `none`, `*` would stop every prompt.
      ...(dressed ? [] : [esl.uuidSetvar(leg, 'playback_terminators', wire`none`)]),
      esl.uuidSetvar(leg, variable.call, wire`true`),
    ]);
    if (!taken) {
      this.#guards.clear(leg);
      this.#legs.forget(leg);
    }
    return taken;
  }

  async remember(leg: LegId, facts: Readonly<Record<string, string>>): Promise<boolean> {
    const variables = Object.entries(facts).map(([name, value]) => [`${variable.factPrefix}${name}`, factValue(value)] as const);
    return this.#do(esl.uuidSetvars(leg, Object.fromEntries(variables)));
  }

  async recall(leg: LegId): Promise<Readonly<Record<string, string>>> {
    const dump = await this.#ask(esl.uuidDump(leg));
    if (!dump.startsWith('{')) return {};
    const prefix = `variable_${variable.factPrefix}`;
    const facts = Object.entries(JSON.parse(dump) as Record<string, unknown>).filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(facts.map(([name, value]) => [name.slice(prefix.length), decodeURIComponent(String(value))]));
  }

  answer(leg: LegId): Promise<boolean> {
    return this.#serve(leg, () => [esl.execute(leg, 'answer', wire``, applicationId.answer)]);
  }

  hangup(leg: LegId, cause: HangupCause): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known?.phase === 'dialling') return this.#dialling.cancel(known, cause);
    return this.reject(leg, cause);
  }

  async reject(leg: LegId, cause: HangupCause): Promise<boolean> {
    // Becomes a header of the 503, so that a carrier tries elsewhere for a while.
    if (cause === 'congestion') this.#background(this.#do(esl.uuidSetvar(leg, 'sip_rh_Retry-After', wire`30`)));
    return this.#do(esl.uuidKill(leg, switchCause[cause]));
  }

  async play(leg: LegId, play: PlayId, files: readonly string[]): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known !== undefined) known.sounds++;
    known?.plays.add(play);
    const sent = await this.#serve(leg, () => [esl.execute(leg, 'playback', joined(files), applicationId.play(play))]);
    if (!sent) known?.plays.delete(play);
    return sent;
  }

  /** `uuid_break … all` also drops what was sent and has not begun: its end is then told by nobody but us. */
  async stopPlay(leg: LegId): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known !== undefined) known.music = undefined;
    const dropped = [...(known?.plays ?? [])];
    const sounds = known?.sounds;
    const sent = await this.#serve(leg, () => [esl.uuidBreakAll(leg)]);
    if (!sent || dropped.length === 0) return sent;
    this.#options.clock.after(stoppedWithinMs, () => {
      const plays = this.#legs.get(leg)?.plays;
      const silent = dropped.filter((play) => plays?.delete(play));
      if (silent.length === 0) return;
      // It may also have begun just then, and go on; but what was asked for since must not be broken off.
      if (this.#legs.get(leg)?.sounds === sounds) this.#background(this.#do(esl.uuidBreakAll(leg)));
      for (const play of silent) this.#emit({ type: 'played', leg, play, failed: false });
    });
    return sent;
  }

  /** FreeSWITCH collects by itself: only so does it keep the keys out of its log and its DTMF events (`sensitive_dtmf`). */
  collect(leg: LegId, play: PlayId, { files, most, firstMs, nextMs }: CollectRequest): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known !== undefined) known.sounds++;
    return this.#serve(leg, () => {
      const keys = wire`1 ${integer(most, 'a number of keys')} 1 ${integer(firstMs, 'a time')} #`;
      const how = wire`${joined(files)} silence_stream://1 ${variable.collected as Wire} .+ ${integer(nextMs, 'a time')}`;
      return [
        esl.uuidSetvars(leg, { [variable.collected]: wire``, sensitive_dtmf: wire`true` }),
        esl.execute(leg, 'play_and_get_digits', wire`${keys} ${how}`, applicationId.collect(play)),
      ];
    });
  }

  music(leg: LegId, file: string | undefined): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known !== undefined) {
      known.sounds++;
      known.music = file;
    }
    return this.#music(leg, file);
  }

  /**
   * Not `endless_playback`: while it plays no key is told (mod_dptools.c gives it no input callback, so they stay in the channel's
   * queue until something else is played). The file follows itself often enough to outlast our death and the guard; at the end it
   * is played again.
   */
  #music(leg: LegId, file: string | undefined): Promise<boolean> {
    return this.#serve(leg, () => {
      const sound = file === undefined ? wire`local_stream://moh` : joined(Array.from({ length: musicRepeats }, () => file));
      const music = randomUUID().slice(0, 8);
      const known = this.#legs.get(leg);
      if (known !== undefined) known.musicId = music;
      return [esl.execute(leg, 'playback', sound, applicationId.music(music))];
    });
  }

  #musicEnded(leg: LegId, music: string): void {
    const known = this.#legs.get(leg);
    if (known?.music !== undefined && known.musicId === music && known.phase === 'alone') this.#background(this.#music(leg, known.music));
  }

  async originate(request: OriginateRequest): Promise<boolean> {
    return this.#link.up && (await this.#dialling.dial(request));
  }

  async bridge(leg: LegId, other: LegId): Promise<boolean> {
    const both = [leg, other].flatMap((one) => this.#legs.get(one) ?? []);
    const caller = this.#legs.get(leg);
    if (caller !== undefined) caller.comesBack = true;
    for (const one of both) {
      this.#guards.rest(one.id);
      one.phase = 'joining';
      one.music = undefined;
    }
    const dress = caller?.dressed === true ? [] : [esl.uuidSetvars(leg, this.#bridgeVariables())];
    if (await this.#send([...dress, esl.uuidBridge(leg, other)])) return true;
    for (const one of both) {
      if (one.phase !== 'joining') continue;
      one.phase = 'alone';
      this.#guards.resume(one.id);
    }
    return false;
  }

  /**
   * As one extension that ends with a hang-up, not by `execute`: what eavesdrops leaves FreeSWITCH with the leg that it hears, also
   * when nobody is there to see to it.
   */
  async attend(leg: LegId, agent: LegId, mode: SupervisionMode): Promise<boolean> {
    const known = this.#legs.get(leg);
    const change = known?.attends === agent;
    if (change ? !(await this.exists(leg)) : !(await this.exists(agent))) return false;
    const sent = await this.#serve(leg, () => [
      esl.uuidSetvars(leg, {
        // Else his keys change the mode behind our back: 1 lets him speak to the caller alone.
        eavesdrop_enable_dtmf: wire`false`,
        // Of the leg that is heard: what it is sent, and what it sends.
        eavesdrop_whisper_bleg: mode === 'listen' ? wire`false` : wire`true`,
        eavesdrop_whisper_aleg: mode === 'barge' ? wire`true` : wire`false`,
      }),
      change
        ? esl.eavesdropMode(leg, mode)
        : esl.uuidTransferInline(leg, [
            ['eavesdrop', uuid(agent)],
            ['hangup', wire`NORMAL_CLEARING`],
          ]),
    ]);
    if (sent && known !== undefined) known.attends = agent;
    return sent;
  }

  record(leg: LegId, file: string): Promise<boolean> {
    return this.#serve(leg, () => [
      // No thread of its own: one that begins as the caller hangs up holds the dead channel for ever ("Locked, Waiting on external
      // entities"; switch_ivr_async.c, recording_thread). LAB: 1 in some 500 bridges when callers leave as they are put through.
      esl.uuidSetvars(leg, { RECORD_STEREO: wire`true`, RECORD_USE_THREAD: wire`false` }),
      esl.uuidRecord(leg, fileBelow(this.#options.recordingsDir, file)),
    ]);
  }

  /**
   * FreeSWITCH does all of it by itself, then parks the caller under a guard, so that a message is completed though we die
   * meanwhile: our guard is taken away, for a transfer out of `record` would hang the caller up (mod_dptools.c, record_function).
   */
  async takeMessage(leg: LegId, play: PlayId, file: string, maxMs: number, silenceMs: number): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known !== undefined) {
      known.sounds++;
      known.music = undefined;
    }
    const sent = this.#send(() => {
      const path = fileBelow(this.#options.recordingsDir, file);
      const seconds = (ms: number, what: string) => integer(Math.max(1, Math.ceil(ms / 1_000)), what);
      const silence = wire`${integer(silenceThreshold, 'a threshold')} ${seconds(silenceMs, 'a silence')}`;
      const context = token(this.#options.context, 'a context');
      if (known !== undefined) known.messagePath = path;
      return [
        esl.uuidTransferInline(leg, [
          ['set', wire`${variable.message as Wire}=${uuid(play)}`],
          ['set', wire`playback_terminators=#`],
          // Of the two only this one makes missing folders (LAB: `record` hangs up with DESTINATION_OUT_OF_ORDER).
          ['record_session', path],
          ['stop_record_session', path],
          ['playback', wire`tone_stream://%(200,100,1000)`],
          ['record', wire`${path} ${seconds(maxMs, 'a length')} ${silence}`],
          ['set', wire`playback_terminators=none`],
          ['set', wire`${variable.entry as Wire}=message`],
          ['sched_transfer', wire`+5 fallback XML ${context}`],
          ['park', wire``],
        ]),
      ];
    });
    this.#guards.clear(leg);
    if (await sent) return true;
    if (known !== undefined) known.messagePath = undefined;
    return false;
  }

  async fallback(leg: LegId): Promise<boolean> {
    const sent = this.#do(esl.uuidTransfer(leg, 'fallback', this.#options.context));
    this.#guards.clear(leg);
    this.#legs.forget(leg);
    return sent;
  }

  /** A caller who is leaving a message completes it first. One who talks after all (a snapshot lags) is told as `bridged`. */
  async adopt(leg: LegId): Promise<boolean> {
    const dump = await this.#link.ask(esl.uuidDump(leg)).catch(() => undefined);
    const now = dump === undefined ? undefined : doing(dump.text);
    if (now === undefined) return false;
    const known = this.#legs.of(leg, now.originated);
    if (now.bridgedTo !== undefined) {
      this.#events.joined(known, this.#legs.of(id<LegId>(now.bridgedTo), !now.originated));
      return true;
    }
    if (now.message || known.messagePath !== undefined) {
      known.adopting = true;
      return true;
    }
    known.stopTimer();
    known.music = undefined;
    // The guard of whoever had him before us may be about to fire, and would carry him off from where we send him: ours takes its place.
    // One that is being carried out just now cannot be called back, so we wait for a reply. Refused: he goes the way of ours.
    this.#guards.forget(leg);
    this.#guards.keep(leg, known.originated ? { to: 'hangup' } : this.#toFallback);
    const sent =
      (await this.#do(esl.uuidSetvar(leg, variable.call, wire`true`))) &&
      (await this.#do(esl.uuidTransfer(leg, 'handover', this.#options.context)));
    if (!sent) this.#guards.forget(leg);
    return sent;
  }

  async legs(): Promise<readonly LegSnapshot[]> {
    const [channels, bridged] = await Promise.all([this.#ask(esl.showChannels()), this.#ask(esl.showBridgedCalls())]);
    const found = snapshot(rows(channels), rows(bridged), this.node, this.#options.context);
    // Whoever talks now comes back to us when the talk ends.
    for (const { leg, role, bridgedTo } of found)
      if (role !== 'other' && bridgedTo !== undefined) this.#legs.of(leg, role === 'ours').phase = 'bridged';
    return found;
  }

  async exists(leg: LegId): Promise<boolean> {
    return (await this.#ask(esl.uuidExists(leg))) === 'true';
  }

  async reachableDevices(): Promise<ReadonlySet<DeviceId>> {
    if (!this.up) throw new EslError('esl-not-connected', 'the node is not ours now');
    return this.#phones.reachable();
  }

  async devicesOnOwnCall(): Promise<ReadonlySet<DeviceId>> {
    if (!this.up) throw new EslError('esl-not-connected', 'the node is not ours now');
    return this.#phones.onOwnCall();
  }

  async #isInFallback(leg: LegId): Promise<boolean> {
    const dump = await this.#link.ask(esl.uuidDump(leg)).catch(() => undefined);
    return dump !== undefined && doing(dump.text)?.inFallback === true;
  }

  get #toFallback(): GuardAction {
    return { to: 'fallback', context: this.#options.context };
  }

  /** As the dialplan's for a new caller. `sched_cancel` by itself means all that guards a leg. */
  #bridgeVariables(): Readonly<Record<string, Wire>> {
    return {
      transfer_after_bridge: wire`after-bridge:XML:${token(this.#options.context, 'a context')}`,
      bridge_pre_execute_aleg_app: wire`sched_cancel`,
      bridge_pre_execute_bleg_app: wire`sched_cancel`,
      // Should the other side leave at once, the caller comes back without having been served.
      [variable.returning]: wire`true`,
    };
  }

  /** Does something for a leg that is ours: whoever is served is kept. */
  #serve(leg: LegId, commands: () => readonly Command[]): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known?.phase === 'joining') {
      // Served again before a bridge was seen: none came about. Should it come yet, it takes the guards away as usual.
      known.phase = 'alone';
      this.#guards.resume(leg);
    }
    this.#guards.keep(leg);
    return this.#send(commands);
  }

  /**
   * Sends all at once; `true` when the last one was accepted. A value that may not be sent (a file name with a `$`) is a fault of
   * configuration that cannot be mended during a call: it is logged, and the caller goes on as if FreeSWITCH had refused.
   */
  async #send(commands: readonly Command[] | (() => readonly Command[])): Promise<boolean> {
    try {
      const replies = (typeof commands === 'function' ? commands() : commands).map((command) => this.#link.do(command));
      return (await replies.at(-1))?.ok === true;
    } catch (error) {
      if (!(error instanceof EslError)) throw error;
      this.#options.log.error({ err: error }, 'a command could not be built');
      return false;
    }
  }

  #do(command: Command): Promise<boolean> {
    return this.#send([command]);
  }

  /** @throws {EslError} (as a rejection) while the node is not ours: an answer that does not come is not "no". */
  async #ask(command: Command): Promise<string> {
    if (!this.up) throw new EslError('esl-not-connected', 'the node is not ours now');
    return (await this.#link.ask(command)).text;
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.error({ err: error }, 'failed in the background'));
  }
}

/** One playback of all files has one end. */
function joined(files: readonly string[]): Wire {
  const paths = files.map(filePath);
  return paths.length === 1 ? (paths[0] ?? wire``) : wire`file_string://${paths.join('!') as Wire}`;
}
