import { isAbsolute, join, normalize } from 'node:path';
import type { HangupCause } from '../core/call/effect.js';
import type { SupervisionMode } from '../core/call/supervised.js';
import type { DeviceId, LegId, NodeId, PlayId } from '../core/ids.js';
import type { CollectRequest, LegSnapshot, OriginateRequest, Pbx, PbxEvent } from '../ports/pbx.js';
import { type Ari, type AriReply, segment } from './ari.js';
import { Attendances } from './attendances.js';
import { q850 } from './causes.js';
import { Collector } from './collector.js';
import { dialUri, shown } from './encode.js';
import { beginRecording, completeRecordings, rawSuffix } from './files.js';
import { Guards, guardTimings } from './guards.js';
import { LegEvents } from './leg-events.js';
import { channelOf, type Leg, Legs } from './legs.js';
import { NodeLink } from './link.js';
import { type AsteriskOptions, application } from './options.js';
import { Phones } from './phones.js';
import { rawFilesOf, snapshot } from './snapshot.js';
import { Sounds } from './sounds.js';

/** Longest ring time that Asterisk is told, on top of what the core waits, s. */
const ringGraceSeconds = 1;
/** A node that is there says so at once (dialplan, …-peers). PJSIP itself would repeat its INVITE for 32 s. */
const peerAnswersMs = 5_000;

export class AsteriskPbx implements Pbx {
  readonly node: NodeId;
  readonly #options: AsteriskOptions;
  readonly #link: NodeLink;
  readonly #legs: Legs;
  readonly #guards: Guards;
  readonly #phones: Phones;
  readonly #sounds: Sounds;
  readonly #collector: Collector;
  readonly #attendances: Attendances;
  readonly #events: LegEvents;
  #emit: (event: PbxEvent) => void = () => undefined;
  #bridges = 0;
  #directoryChanged = false;

  constructor(options: AsteriskOptions) {
    this.node = options.id;
    this.#options = options;
    this.#link = new NodeLink(options);
    this.#legs = new Legs(options.id, (user) => this.#phones.look(user));
    const emit = (event: PbxEvent) => this.#emit(event);
    const link = this.#link;
    this.#guards = new Guards({
      clock: options.clock,
      set: (Channel, seconds) => link.act('Setvar', { Channel, Variable: 'TIMEOUT(absolute)', Value: String(seconds) }),
    });
    this.#phones = new Phones({ options, link, emit, ours: (user) => this.#legs.at(user) });
    this.#sounds = new Sounds(link);
    this.#collector = new Collector({ clock: options.clock, sounds: this.#sounds, emit });
    this.#attendances = new Attendances({
      link,
      guards: this.#guards,
      clock: options.clock,
      over: (leg) => void this.hangup(leg.id, 'normal'),
    });
    this.#events = new LegEvents({
      options,
      link,
      legs: this.#legs,
      guards: this.#guards,
      sounds: this.#sounds,
      collector: this.#collector,
      attendances: this.#attendances,
      emit,
    });
  }

  get up(): boolean {
    return this.#link.up;
  }

  start(listener: (event: PbxEvent) => void): void {
    this.#emit = listener;
    this.#link.start({
      up: () => {
        if (this.#directoryChanged) void this.reloadDirectory();
        this.#completeRecordings();
        listener({ type: 'up' });
      },
      down: (reason, taken) => {
        this.#guards.forgetAll();
        this.#legs.forgetAll();
        this.#attendances.forgetAll();
        this.#phones.forget();
        listener({ type: 'down', reason, taken });
      },
      event: (event) => {
        if (event.type === 'DeviceStateChanged') this.#phones.state(event['device_state'] as { name: string; state: string });
        else this.#events.saw(event);
      },
    });
  }

  async close(): Promise<void> {
    this.#emit = () => undefined;
    this.#guards.forgetAll();
    this.#legs.forgetAll();
    await this.#link.close();
  }

  /** Asterisk reads the phones' accounts again; later, should the node not be ours now. */
  async reloadDirectory(): Promise<void> {
    this.#directoryChanged = true;
    if (this.#link.up && (await this.#link.act('Reload', { Module: 'res_pjsip.so' }))) this.#directoryChanged = false;
  }

  async take(leg: LegId): Promise<boolean> {
    const known = this.#legs.get(leg);
    // The dialplan may have sent him on already.
    if (known === undefined || known.phase === 'away') return false;
    // We stood still and hear of him late.
    if (!this.#link.current && !(await this.exists(leg))) return false;
    if (await this.#keep(known)) {
      // He came while our websocket was being opened: of his coming we heard nothing, he was found in a snapshot.
      if (!known.subscribed) this.#events.subscribe(known);
      return true;
    }
    this.#guards.forget(leg);
    return false;
  }

  /**
   * By AMI, which does not wait for the end of what the channel plays: by ARI a few who wait with music from a file hold all our
   * connections up, until new callers are lost to the fallback.
   */
  async remember(leg: LegId, facts: Readonly<Record<string, string>>): Promise<boolean> {
    const Value = factsText({ ...(await this.recall(leg)), ...facts });
    return this.#link.act('Setvar', { Channel: channelOf(this.node, leg), Variable: 'TCORE_FACTS', Value });
  }

  async recall(leg: LegId): Promise<Readonly<Record<string, string>>> {
    const reply = await this.#link.ask(`/channels/${segment(channelOf(this.node, leg))}/variable`, { variable: 'TCORE_FACTS' });
    const { value = '' } = (reply.ok ? reply.body : {}) as { readonly value?: string };
    return Object.fromEntries(new URLSearchParams(value));
  }

  answer(leg: LegId): Promise<boolean> {
    return this.#serve(leg, (ari, channel) => ari.post(`${channel}/answer`));
  }

  async hangup(leg: LegId, cause: HangupCause): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known?.phase === 'dialling') {
      known.cancelled = cause;
      // Asterisk may not have made the channel yet: to delete it too early lets the phone ring (RECIPES §3).
      await known.queue;
    }
    return this.reject(leg, cause);
  }

  reject(leg: LegId, cause: HangupCause): Promise<boolean> {
    return this.#channel(leg, (ari, channel) => ari.delete(channel, { reason_code: q850[cause] }));
  }

  play(leg: LegId, play: PlayId, files: readonly string[]): Promise<boolean> {
    return this.#serveQueued(leg, (known) => this.#sounds.play(known, play, files));
  }

  stopPlay(leg: LegId): Promise<boolean> {
    return this.#serveQueued(leg, (known) => this.#sounds.stop(known));
  }

  /** Asterisk tells each key as an event, and writes them nowhere (logger.conf has no DTMF). */
  collect(leg: LegId, play: PlayId, request: CollectRequest): Promise<boolean> {
    return this.#serveQueued(leg, (known) => this.#collector.begin(known, play, request));
  }

  music(leg: LegId, file: string | undefined): Promise<boolean> {
    return this.#serveQueued(leg, (known) => this.#sounds.music(known, file));
  }

  /** `false`: nothing was sent, and no event follows. */
  async originate(request: OriginateRequest): Promise<boolean> {
    if (!this.#link.up) return false;
    const endpoint = dialUri(request.to, this.#options);
    if (endpoint === undefined) {
      this.#options.log.error({ leg: request.leg }, 'a device cannot be dialled');
      return false;
    }
    const leg = this.#legs.of(request.leg, true);
    leg.phase = 'dialling';
    if (request.to.kind === 'phone') {
      if (request.to.node === this.node) leg.user = request.to.user;
      else leg.peer = request.to.node;
    }
    const query = {
      endpoint,
      app: application,
      appArgs: 'ours',
      callerId: shown(request.callerName, request.callerNumber),
      timeout: Math.max(1, Math.ceil(request.ringMs / 1_000)) + ringGraceSeconds,
    };
    const variables = {
      TCORE_ROLE: 'ours',
      'PJSIP_HEADER(add,X-Tenant)': request.tenant.replaceAll(/[^\w-]/g, ''),
      // Asterisk itself transfers nobody; before 20.13 and 22.3 it does not know the first, and finds nothing by the second.
      'PJSIP_TRANSFER_HANDLING()': 'ari-only',
      TRANSFER_CONTEXT: `${this.#options.context}-nowhere`,
      // Nor does a 302 lead to a colleague, or back in as a caller: there is no such context.
      FORWARD_CONTEXT: `${this.#options.context}-nowhere`,
      'CHANNEL(hangup_handler_push)': `${this.#options.context}-left,left,1`,
      'TIMEOUT(absolute)': String(guardTimings.dialledSeconds + Math.ceil(request.ringMs / 1_000)),
    };
    const sent = this.#link.do((ari) => ari.post(`/channels/${segment(leg.channel)}`, query, variables));
    leg.queue = sent;
    const reply = await sent;
    if (reply?.ok === true) {
      if (leg.peer !== undefined) this.#expectPeer(leg, leg.peer);
      return true;
    }
    // No channel: nothing else is told of it. 500 «Allocation failed» is a phone that is not registered.
    const told = reply !== undefined && reply.status > 0;
    this.#legs.forget(leg.id);
    if (told)
      this.#emit({
        type: 'failed',
        leg: leg.id,
        reason: leg.cancelled !== undefined ? 'no-answer' : 'unreachable',
        cause: 'SUBSCRIBER_ABSENT',
      });
    return told;
  }

  #expectPeer(leg: Leg, node: NodeId): void {
    this.#options.clock.after(peerAnswersMs, () => {
      if (this.#legs.get(leg.id) !== leg || leg.phase !== 'dialling' || leg.rang || leg.cancelled !== undefined) return;
      this.#emit({ type: 'silent', node });
      // Network out of order.
      void this.#link.do((ari) => ari.delete(`/channels/${segment(leg.channel)}`, { reason_code: 38 }));
    });
  }

  async attend(leg: LegId, agent: LegId, mode: SupervisionMode): Promise<boolean> {
    return this.#serveQueued(leg, async (known) => {
      await this.#sounds.stop(known);
      // That of a leg we dialled is long, for the time until the talk; he has it while he hears one.
      void this.#guards.keep(leg, known.channel, false);
      // Whoever he hears is not left alone when he goes (dialplan, …-left).
      void this.#link.act('Setvar', { Channel: known.channel, Variable: 'TCORE_ATTENDS', Value: '1' });
      return this.#attendances.attend(known, channelOf(this.node, agent), mode);
    });
  }

  async bridge(leg: LegId, other: LegId): Promise<boolean> {
    const [a, b] = [this.#legs.get(leg), this.#legs.get(other)];
    if (a === undefined || b === undefined || a.phase === 'away') return false;
    a.comesBack = true;
    a.phase = 'joining';
    b.phase = 'joining';
    const joined = await this.#join(a, b);
    if (joined) return true;
    for (const one of [a, b]) {
      if (one.phase !== 'joining') continue;
      one.phase = 'alone';
      one.bridge = undefined;
      one.other = undefined;
    }
    return false;
  }

  async #join(a: Leg, b: Leg): Promise<boolean> {
    // A channel that plays cannot be added before the end of the sound.
    await Promise.all([a, b].map((one) => this.#queued(one, () => this.#sounds.stop(one))));
    const bridge = `${a.id}~${++this.#bridges}-${this.#options.clock.now()}`;
    for (const [one, partner] of [
      [a, b],
      [b, a],
    ] as const) {
      one.bridge = bridge;
      one.other = partner.id;
    }
    const path = `/bridges/${segment(bridge)}`;
    const made = await this.#link.do((ari) => ari.post(path, { type: 'mixing', name: 'tcore' }));
    if (made?.ok !== true) return false;
    const added = await this.#link.do((ari) => ari.post(`${path}/addChannel`, { channel: `${a.channel},${b.channel}` }));
    if (added?.ok === true) return true;
    await this.#link.do((ari) => ari.delete(path));
    return false;
  }

  /** Left what this leg says, right what it hears, as long as it lives. Asterisk writes it without a header: see `LegEvents`. */
  async record(leg: LegId, file: string): Promise<boolean> {
    const path = this.#below(file);
    const known = this.#legs.get(leg);
    if (path === undefined || known === undefined) return false;
    const raw = `${path}${rawSuffix}`;
    await beginRecording(raw);
    if (!(await this.#link.act('MixMonitor', { Channel: known.channel, File: raw, Options: 'aD' }))) return false;
    known.recording = file;
    return true;
  }

  /**
   * The dialplan does all of it by itself (context …-message), then hands the caller back, so that a message is completed though we
   * die meanwhile.
   */
  async takeMessage(leg: LegId, play: PlayId, file: string, maxMs: number, silenceMs: number): Promise<boolean> {
    const path = this.#below(file);
    const known = this.#legs.get(leg);
    if (path === undefined || known === undefined) return false;
    const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));
    const value = `${path.replace(/\.wav$/, '')},${seconds(silenceMs)},${seconds(maxMs)},${play}`;
    known.message = { play, path, silenceMs };
    const sent = await this.#queued(known, async () => {
      // A variable waits for the end of what is played.
      await this.#sounds.stop(known);
      const variable = await this.#link.do((ari) =>
        ari.post(`/channels/${segment(known.channel)}/variable`, { variable: 'TCORE_MESSAGE', value }),
      );
      this.#guards.forget(leg);
      return variable?.ok === true && (await this.#send(known, 'message', 'record'));
    });
    if (!sent) known.message = undefined;
    return sent;
  }

  async fallback(leg: LegId): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known === undefined) return false;
    this.#guards.forget(leg);
    // Still remembered: its end is told.
    return this.#queued(known, async () => this.#send(known, 'fallback', 'fallback'));
  }

  /** A caller who is leaving a message completes it first. One who talks after all is told as `bridged`. */
  async adopt(leg: LegId): Promise<boolean> {
    const found = (await this.legs()).find((one) => one.leg === leg);
    if (found === undefined) return false;
    const known = this.#legs.of(leg, found.role === 'ours');
    if (found.bridgedTo !== undefined) {
      this.#events.joined(known, this.#legs.of(found.bridgedTo, !known.originated));
      return true;
    }
    if (known.message !== undefined) {
      known.adopting = true;
      return true;
    }
    // Out of whatever it does, and back into Stasis: `parked` is told when it comes.
    known.plays.clear();
    known.music = undefined;
    return this.#queued(known, () => this.#send(known, 'handover', 'handover'));
  }

  async legs(): Promise<readonly LegSnapshot[]> {
    if (!this.up) throw new Error('the node is not ours now');
    const [channels, bridges] = await Promise.all([this.#link.ask('/channels'), this.#link.ask('/bridges')]);
    const found = snapshot(this.node, channels.body, bridges.body);
    this.#attendances.sweep(namesIn(channels.body), namesIn(bridges.body)).catch(() => undefined);
    // Whoever talks now comes back to us when the talk ends.
    for (const { leg, role, bridgedTo, bridge, message } of found) {
      if (role === 'other') continue;
      const known = this.#legs.of(leg, role === 'ours');
      if (message !== undefined && known.message === undefined) known.message = message;
      if (bridgedTo === undefined) continue;
      known.phase = 'bridged';
      known.other = bridgedTo;
      if (known.originated) known.talkedTo = bridgedTo;
      known.bridge = bridge;
    }
    return found;
  }

  async exists(leg: LegId): Promise<boolean> {
    return (await this.#link.ask(`/channels/${segment(channelOf(this.node, leg))}`)).ok;
  }

  async devicesOnOwnCall(): Promise<ReadonlySet<DeviceId>> {
    if (!this.up) throw new Error('the node is not ours now');
    return this.#phones.onOwnCall();
  }

  async reachableDevices(): Promise<ReadonlySet<DeviceId>> {
    if (!this.up) throw new Error('the node is not ours now');
    return this.#phones.reachable();
  }

  /** Of talks that ended while no daemon lived. */
  #completeRecordings(): void {
    const { recordingsDir, log, clock } = this.#options;
    this.#link
      .ask('/channels')
      .then(({ body }) => completeRecordings(recordingsDir, this.node, rawFilesOf(body), clock))
      .then((files) => {
        for (const file of files) log.info({ file }, 'the recording of a talk that ended without a daemon is complete');
      })
      .catch((err: unknown) => log.warn({ err }, 'recordings of talks that ended without a daemon could not be completed'));
  }

  #keep(known: Leg): Promise<boolean> {
    return this.#guards.keep(known.id, known.channel, known.originated);
  }

  /** Whoever is served is kept. */
  async #serve(leg: LegId, send: (ari: Ari, path: string) => Promise<AriReply>): Promise<boolean> {
    return this.#serveQueued(leg, async () => this.#channel(leg, send));
  }

  async #serveQueued(leg: LegId, work: (known: Leg) => Promise<boolean>): Promise<boolean> {
    const known = this.#legs.get(leg);
    if (known === undefined || known.phase === 'away') return false;
    if (known.phase === 'joining' && known.bridge === undefined) known.phase = 'alone';
    if (!this.#guards.has(leg)) void this.#keep(known);
    return this.#queued(known, () => work(known));
  }

  #queued<T>(known: Leg, work: () => Promise<T>): Promise<T> {
    const done = known.queue.then(work, work);
    known.queue = done.catch(() => undefined);
    return done;
  }

  async #channel(leg: LegId, send: (ari: Ari, path: string) => Promise<AriReply>): Promise<boolean> {
    const reply = await this.#link.do((ari) => send(ari, `/channels/${segment(channelOf(this.node, leg))}`));
    return reply?.ok === true;
  }

  /** Interrupts whatever the channel does. */
  #send(known: Leg, context: 'message' | 'fallback' | 'handover', extension: string): Promise<boolean> {
    const own = { Channel: known.channel, Context: `${this.#options.context}-${context}`, Exten: extension, Priority: '1' };
    return this.#link.act('Redirect', own);
  }

  /** Absolute path of a file below the recordings folder; `undefined`: it is not. */
  #below(file: string): string | undefined {
    if (isAbsolute(file) || normalize(file) !== file || file.startsWith('..') || !/^[\w./~-]+$/.test(file)) {
      this.#options.log.error({ file }, 'not a file below the recordings folder');
      return undefined;
    }
    return join(this.#options.recordingsDir, file);
  }
}

function factsText(facts: Readonly<Record<string, string>>): string {
  return new URLSearchParams(facts).toString();
}

const namesIn = (found: unknown): readonly string[] => (found as readonly { readonly id: string }[]).map((one) => one.id);
