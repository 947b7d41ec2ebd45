/**
 * What every PBX adapter does, as tests. A world is a PBX with callers and desk phones around it, real or made; the suite
 * drives the adapter by its port alone and waits for events, never for time.
 */
import t, { type Test } from 'tap';
import type { LegEvent } from '../../src/core/call/event.js';
import { id, type LegId, type PlayId } from '../../src/core/ids.js';
import type { Device } from '../../src/core/site.js';
import type { LegSnapshot, Pbx, PbxEvent } from '../../src/ports/pbx.js';

export interface Caller {
  /** Presses keys, once the caller hears something. */
  press(keys: string): Promise<void>;
  /** Says something, or is quiet. */
  talk(on: boolean): void;
}

export type PhoneKind = 'answers' | 'hangs up' | 'busy' | 'never answers' | 'not registered' | 'not there';

export interface PbxWorld {
  readonly pbx: Pbx;
  readonly events: EventLog;
  /** A number that leads to the daemon. */
  readonly number: string;
  /** One call at a time until its arrival was seen. Hangs up `ms` after the answer. */
  call(options?: { readonly ms?: number; readonly name?: string; readonly caller?: string }): Promise<Caller>;
  /** `hangs up`: 500 ms after it answered. */
  phone(kind: PhoneKind): Device;
  /** A desk phone, registered as `codeUser`, dials a code; it hangs up when we do. */
  dialCode(dialled: string): Promise<void>;
  readonly codeUser: string;
  /** Absolute path of a sound of that length. */
  sound(ms: number): string;
  /** How long an offered call that is not answered rings here at least, ms. */
  readonly ringMs: number;
}

/** Everything that an adapter told, and a way to wait for more. */
export class EventLog {
  readonly all: PbxEvent[] = [];
  readonly #waiting: { readonly test: (event: PbxEvent) => boolean; readonly resolve: (event: PbxEvent) => void }[] = [];
  #used = new Set<PbxEvent>();

  readonly add = (event: PbxEvent): void => {
    this.all.push(event);
    for (const one of [...this.#waiting]) {
      if (!one.test(event) || this.#used.has(event)) continue;
      this.#used.add(event);
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve(event);
    }
  };

  /** The next event of this type (for this leg) that nobody waited for yet, or one that was told already. */
  async next<T extends PbxEvent['type']>(type: T, leg?: LegId, withinMs = 10_000): Promise<PbxEvent & { readonly type: T }> {
    const test = (event: PbxEvent) => event.type === type && (leg === undefined || ('leg' in event && event.leg === leg));
    const told = this.all.find((event) => test(event) && !this.#used.has(event));
    if (told !== undefined) {
      this.#used.add(told);
      return told as PbxEvent & { readonly type: T };
    }
    return new Promise((resolve, reject) => {
      const waiting = {
        test,
        resolve: (event: PbxEvent) => {
          clearTimeout(late);
          resolve(event as PbxEvent & { readonly type: T });
        },
      };
      const late = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        const told = JSON.stringify(leg === undefined ? this.all : this.of(leg));
        reject(new Error(`no ${type} of ${leg ?? 'anybody'} within ${withinMs} ms; told: ${told}`));
      }, withinMs);
      this.#waiting.push(waiting);
    });
  }

  of(leg: LegId): LegEvent[] {
    return this.all.filter((event): event is LegEvent => 'leg' in event && event.leg === leg);
  }

  count(type: PbxEvent['type'], leg: LegId): number {
    return this.of(leg).filter((event) => event.type === type).length;
  }
}

/** The same on every switch, and on the fake. */
const behavioursOfThePort = 22;

let sequence = 0;
const newPlay = (): PlayId => id<PlayId>(`play:${++sequence}`);

/** `open` resolves when the adapter has told `up`; everything of it ends with the suite. */
export function pbxContract(name: string, open: (t: Test) => Promise<PbxWorld>, options: { readonly skip?: string | false } = {}): void {
  t.test(`the PBX port on ${name}`, { skip: options.skip ?? false, timeout: 240_000 }, async (t) => {
    const world = await open(t);
    const { pbx, events } = world;

    /** A caller who is ours and was answered. */
    async function serve(call: Parameters<PbxWorld['call']>[0] = {}): Promise<{ readonly leg: LegId; readonly caller: Caller }> {
      const caller = await world.call(call);
      const { arrival } = await events.next('arrival');
      const { leg } = arrival;
      if (!(await pbx.take(leg))) throw new Error('not taken');
      await pbx.answer(leg);
      await events.next('answered', leg);
      return { leg, caller };
    }

    async function dial(caller: LegId, kind: PhoneKind, ringMs = 10_000): Promise<{ readonly leg: LegId; readonly sent: boolean }> {
      const leg = id<LegId>(`${caller}-${++sequence}`);
      const sent = await pbx.originate({
        leg,
        to: world.phone(kind),
        callerName: "Durand - d'Été",
        callerNumber: '0612345678',
        ringMs,
        tenant: 'durand',
      });
      return { leg, sent };
    }

    async function end(leg: LegId): Promise<void> {
      t.ok(await pbx.hangup(leg, 'normal'));
      await events.next('hungup', leg);
      t.equal(events.count('hungup', leg), 1, 'hung up once');
    }

    /** All of them on each switch: what one cannot do, or does in another way, is in differences.ts with its reason. */
    let behaviours = 0;
    async function behaves(what: string, test: (t: Test) => Promise<void>): Promise<void> {
      behaviours++;
      await t.test(what, test);
    }

    t.ok(pbx.up);

    await behaves('an arrival tells who calls and whom', async (t) => {
      await world.call({ ms: 1_000, caller: '0612345678', name: "Eloise d'Ete" });
      const { arrival } = await events.next('arrival');
      t.match(arrival, { node: pbx.node, caller: { number: '0612345678', name: "Eloise d'Ete" }, dialled: world.number });
      const before = await pbx.exists(arrival.leg);
      t.ok(before);
      t.ok(await pbx.reject(arrival.leg, 'unallocated'));
      t.match(await events.next('hungup', arrival.leg), { cause: 'UNALLOCATED_NUMBER' });
      t.notOk(await pbx.exists(arrival.leg));
      t.notOk(await pbx.take(arrival.leg), 'it is too late to take it');
    });

    await behaves('prompts end once each, and tell whether they could be played', async (t) => {
      const { leg } = await serve({ ms: 20_000 });
      const one = newPlay();
      t.ok(await pbx.play(leg, one, [world.sound(300)]));
      t.match(await events.next('played', leg), { play: one, failed: false });
      const several = newPlay();
      t.ok(await pbx.play(leg, several, [world.sound(200), world.sound(300)]));
      t.match(await events.next('played', leg), { play: several, failed: false });
      const missing = newPlay();
      await pbx.play(leg, missing, ['/nowhere/missing.wav']);
      t.match(await events.next('played', leg), { play: missing, failed: true });
      const stopped = newPlay();
      await pbx.play(leg, stopped, [world.sound(30_000)]);
      await pbx.stopPlay(leg);
      t.match(await events.next('played', leg), { play: stopped, failed: false });
      const after = newPlay();
      await pbx.play(leg, after, [world.sound(300)]);
      t.match(await events.next('played', leg), { play: after, failed: false }, 'what was stopped does not stop the next one');
      await pbx.stopPlay(leg);
      const afterNothing = newPlay();
      const started = performance.now();
      await pbx.play(leg, afterNothing, [world.sound(600)]);
      t.match(await events.next('played', leg), { play: afterNothing, failed: false });
      t.ok(performance.now() - started > 450, 'stopping silence does not stop the next prompt');
      t.equal(events.count('played', leg), 6);
      await end(leg);
    });

    await behaves('keys are told one by one, during prompts, music and silence, and stop nothing', async (t) => {
      const { leg, caller } = await serve({ ms: 30_000 });
      const play = newPlay();
      await pbx.play(leg, play, [world.sound(2_500)]);
      await caller.press('1*#');
      t.equal((await events.next('digit', leg)).digit, '1');
      t.equal((await events.next('digit', leg)).digit, '*');
      t.equal((await events.next('digit', leg)).digit, '#');
      t.equal(events.count('played', leg), 0, 'the prompt goes on');
      await events.next('played', leg);
      await pbx.music(leg, undefined);
      await caller.press('2');
      t.equal((await events.next('digit', leg)).digit, '2');
      await pbx.stopPlay(leg);
      await pbx.music(leg, world.sound(2_000));
      await caller.press('5');
      t.equal((await events.next('digit', leg)).digit, '5', 'also while a file of ours is the music');
      await pbx.stopPlay(leg);
      await caller.press('3');
      t.equal((await events.next('digit', leg)).digit, '3', 'in silence');
      await end(leg);
    });

    await behaves('keys that are asked for are told at once and to nobody else', async (t) => {
      const { leg, caller } = await serve({ ms: 30_000 });
      const ask = (files: readonly string[], most: number, times = { firstMs: 1_500, nextMs: 600 }) => {
        const play = newPlay();
        return { play, asked: pbx.collect(leg, play, { files, most, ...times }) };
      };
      const whole = ask([world.sound(300), world.sound(4_000)], 4, { firstMs: 5_000, nextMs: 5_000 });
      t.ok(await whole.asked);
      await caller.press('1230');
      t.match(
        await events.next('collected', leg, 5_000),
        { play: whole.play, digits: '1230' },
        'as many as were asked for, before the prompt ends',
      );
      const hashed = ask([world.sound(3_000)], 8, { firstMs: 5_000, nextMs: 5_000 });
      t.ok(await hashed.asked);
      await caller.press('45#');
      t.match(await events.next('collected', leg, 4_000), { play: hashed.play, digits: '45' }, '# ends the entry');
      const paused = ask([world.sound(2_000)], 8);
      await paused.asked;
      await caller.press('6');
      t.match(await events.next('collected', leg), { play: paused.play, digits: '6' }, 'so does a pause');
      const none = ask([world.sound(200)], 2);
      await none.asked;
      t.match(await events.next('collected', leg), { play: none.play, digits: '' }, 'nothing was pressed');
      t.equal(events.count('digit', leg), 0, 'no key was told by itself');
      t.same(await pbx.recall(leg), {});
      const play = newPlay();
      await pbx.play(leg, play, [world.sound(2_000)]);
      await caller.press('7');
      t.equal((await events.next('digit', leg)).digit, '7', 'afterwards keys are told again');
      await events.next('played', leg);
      await end(leg);
    });

    await behaves('a code dialled on a desk phone: who dialled it by his account, and what', async (t) => {
      await world.dialCode('*131');
      const { feature } = await events.next('feature');
      t.match(feature, { node: pbx.node, user: world.codeUser, dialled: '*131' });
      const { leg } = feature;
      t.ok(await pbx.take(leg));
      await pbx.answer(leg);
      await events.next('answered', leg);
      const play = newPlay();
      await pbx.play(leg, play, [world.sound(300)]);
      t.match(await events.next('played', leg), { play, failed: false });
      t.notMatch(
        (await pbx.legs()).find((one) => one.leg === leg),
        { role: 'caller' },
        'it is nobody’s call',
      );
      await end(leg);
      t.equal(events.count('parked', leg), 0);
    });

    await behaves('a prompt over music ends, and the music is not told', async (t) => {
      const { leg } = await serve({ ms: 20_000 });
      t.ok(await pbx.music(leg, undefined));
      const play = newPlay();
      await pbx.play(leg, play, [world.sound(300)]);
      t.match(await events.next('played', leg), { play, failed: false });
      await pbx.stopPlay(leg);
      t.ok(await pbx.music(leg, world.sound(200)));
      const again = newPlay();
      await pbx.play(leg, again, [world.sound(300)]);
      t.match(await events.next('played', leg), { play: again, failed: false });
      await end(leg);
      t.equal(events.count('played', leg), 2);
    });

    await behaves('a caller who hangs up is told once; after that nothing can be done', async (t) => {
      const { leg } = await serve({ ms: 200 });
      await events.next('hungup', leg);
      t.notOk(await pbx.play(leg, newPlay(), [world.sound(300)]));
      t.notOk(await pbx.answer(leg));
      t.notOk(await pbx.hangup(leg, 'normal'));
      t.notOk(await pbx.adopt(leg));
      t.notOk(await pbx.fallback(leg));
      t.notOk(await pbx.remember(leg, { a: 'b' }));
      t.same(await pbx.recall(leg), {});
      t.notOk(await pbx.exists(leg));
      t.equal(events.count('hungup', leg), 1);
    });

    await behaves('a leg remembers what is written on it', async (t) => {
      const { leg } = await serve({ ms: 20_000 });
      const facts = { tenant: 'durand', enqueued_at: '1763773200000', odd: `l'été; a=b, "c" $\{d} 100% é☎\n` };
      t.same(await pbx.recall(leg), {});
      t.ok(await pbx.remember(leg, facts));
      t.same(await pbx.recall(leg), facts);
      t.ok(await pbx.remember(leg, { tenant: 'martin' }));
      t.same(await pbx.recall(leg), { ...facts, tenant: 'martin' });
      await end(leg);
    });

    await behaves('a phone that answers is put through; when it hangs up, the caller is ours again', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const agent = await dial(leg, 'hangs up');
      t.ok(agent.sent);
      await events.next('ready', agent.leg);
      const whisper = newPlay();
      await pbx.play(agent.leg, whisper, [world.sound(200)]);
      t.match(await events.next('played', agent.leg), { play: whisper, failed: false });
      await pbx.music(leg, undefined);
      t.ok(await pbx.bridge(leg, agent.leg));
      t.match(await events.next('bridged', leg), { leg, other: agent.leg });
      await events.next('hungup', agent.leg);
      await events.next('parked', leg);
      t.equal(events.count('bridged', leg), 1);
      t.equal(events.count('ready', agent.leg), 1);
      t.equal(events.count('hungup', agent.leg), 1);
      const again = await dial(leg, 'answers');
      await events.next('ready', again.leg);
      t.ok(await pbx.bridge(leg, again.leg), 'and can be put through again');
      await events.next('bridged', leg);
      // A snapshot may lag, by half a second on FreeSWITCH.
      let talking: LegSnapshot | undefined;
      for (const started = performance.now(); talking?.bridgedTo !== again.leg && performance.now() - started < 3_000; )
        talking = (await pbx.legs()).find((one) => one.leg === leg);
      t.match(talking, { role: 'caller', bridgedTo: again.leg, arrival: { dialled: world.number } });
      await end(leg);
      await events.next('hungup', again.leg);
      t.equal(events.count('parked', again.leg), 0);
    });

    await behaves('whoever is called back is put through as a caller, though we dialled both', async (t) => {
      const call = id<LegId>(`callback-${++sequence}`);
      const agent = await dial(call, 'answers');
      await events.next('ready', agent.leg);
      const callee = await dial(call, 'answers');
      await events.next('ready', callee.leg);
      t.ok(await pbx.bridge(callee.leg, agent.leg));
      t.match(await events.next('bridged'), { leg: callee.leg, other: agent.leg });
      await pbx.hangup(agent.leg, 'normal');
      await events.next('hungup', agent.leg);
      await events.next('parked', callee.leg);
      t.equal(events.count('bridged', agent.leg) + events.count('parked', agent.leg), 0);
      await end(callee.leg);
    });

    await behaves('a caller who hangs up while he talks ends both legs', async (t) => {
      const { leg } = await serve({ ms: 2_500 });
      const agent = await dial(leg, 'answers');
      await events.next('ready', agent.leg);
      await pbx.bridge(leg, agent.leg);
      await events.next('bridged', leg);
      await events.next('hungup', leg);
      await events.next('hungup', agent.leg);
      t.equal(events.count('parked', leg), 0);
    });

    await behaves('a talk is attended, in one mode after the other; who attends goes with the agent’s leg', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const agent = await dial(leg, 'answers');
      await events.next('ready', agent.leg);
      await pbx.bridge(leg, agent.leg);
      await events.next('bridged', leg);
      const supervisor = await dial(leg, 'answers');
      await events.next('ready', supervisor.leg);
      for (const mode of ['listen', 'whisper', 'barge', 'barge', 'listen'] as const)
        t.ok(await pbx.attend(supervisor.leg, agent.leg, mode), mode);
      const another = await dial(leg, 'answers');
      await events.next('ready', another.leg);
      t.ok(await pbx.attend(another.leg, agent.leg, 'listen'));
      await end(another.leg);
      t.ok(await pbx.exists(supervisor.leg));
      t.equal(events.count('hungup', leg) + events.count('hungup', agent.leg) + events.count('parked', leg), 0, 'the talk goes on');
      await pbx.hangup(agent.leg, 'normal');
      await events.next('hungup', supervisor.leg);
      await events.next('parked', leg);
      t.equal(events.count('hungup', supervisor.leg), 1);
      t.equal(events.count('parked', supervisor.leg), 0, 'nobody is left alone with the caller');
      const late = await dial(leg, 'answers');
      await events.next('ready', late.leg);
      t.notOk(await pbx.attend(late.leg, agent.leg, 'listen'), 'a talk that is over is not attended');
      t.notOk(await pbx.attend(supervisor.leg, agent.leg, 'listen'));
      await end(late.leg);
      await end(leg);
    });

    await behaves('a bridge to a leg that is gone leaves the caller alone', async (t) => {
      const { leg } = await serve({ ms: 20_000 });
      t.notOk(await pbx.bridge(leg, id<LegId>('no-such-leg')));
      const play = newPlay();
      t.ok(await pbx.play(leg, play, [world.sound(200)]));
      await events.next('played', leg);
      await end(leg);
    });

    await behaves('a phone that cannot be had fails once, with the reason', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const cases = [
        ['busy', 'busy'],
        ['never answers', 'no-answer'],
        ['not registered', 'unreachable'],
        ['not there', 'unreachable'],
      ] as const;
      await Promise.all(
        cases.map(async ([kind, reason]) => {
          const agent = await dial(leg, kind, world.ringMs);
          t.ok(agent.sent, kind);
          const failed = await events.next('failed', agent.leg, 40_000);
          t.equal(failed.reason, reason, `${kind}: ${failed.cause}`);
        }),
      );
      await end(leg);
      for (const event of events.all) if (event.type === 'failed') t.same(events.of(event.leg), [event], 'nothing else is told of it');
    });

    await behaves('what rings can be called off, at once and later', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const early = await dial(leg, 'never answers', 30_000);
      t.ok(await pbx.hangup(early.leg, 'cancel'));
      await events.next('failed', early.leg);
      const both = id<LegId>(`${leg}-${++sequence}`);
      const sent = pbx.originate({
        leg: both,
        to: world.phone('never answers'),
        callerName: '',
        callerNumber: '',
        ringMs: 30_000,
        tenant: 'durand',
      });
      const off = pbx.hangup(both, 'cancel');
      await Promise.all([sent, off]);
      await events.next('failed', both);
      t.equal(events.count('failed', early.leg), 1);
      t.equal(events.count('failed', both), 1);
      t.notOk(await pbx.exists(early.leg));
      t.notOk(await pbx.exists(both));
      await end(leg);
    });

    await behaves('a recording is told when it is complete', async (t) => {
      const { leg } = await serve({ ms: 20_000 });
      t.ok(await pbx.record(leg, 'durand/2026-11-22/one.wav'));
      const play = newPlay();
      await pbx.play(leg, play, [world.sound(1_000)]);
      await events.next('played', leg);
      await end(leg);
      const { file, ms, bytes } = await events.next('recorded', leg);
      t.equal(file, 'durand/2026-11-22/one.wav');
      t.ok(ms > 700 && ms < 3_000, `${ms} ms`);
      t.ok(bytes > 44, `${bytes} bytes`);
      t.equal(events.count('recorded', leg), 1);
      t.notOk(await pbx.record(leg, '../outside.wav'));
    });

    await behaves('a message ends by a key, by silence, at its limit, or when the caller hangs up', async (t) => {
      const keyed = await serve({ ms: 30_000 });
      const first = newPlay();
      keyed.caller.talk(true);
      t.ok(await pbx.takeMessage(keyed.leg, first, 'durand/a.wav', 20_000, 5_000));
      await keyed.caller.press('1');
      await events.next('digit', keyed.leg);
      await keyed.caller.press('#');
      const byKey = await events.next('message', keyed.leg);
      t.match(byKey, { play: first, file: 'durand/a.wav' });
      t.equal(events.count('recorded', keyed.leg), 0, 'a message is not a recording');
      const second = newPlay();
      keyed.caller.talk(false);
      await pbx.play(keyed.leg, newPlay(), [world.sound(9_000)]);
      const skipped = pbx.stopPlay(keyed.leg);
      t.ok(await pbx.takeMessage(keyed.leg, second, 'durand/b.wav', 20_000, 1_000), 'in the middle of a greeting');
      await skipped;
      t.match(await events.next('message', keyed.leg, 6_000), { play: second, ms: 0 }, 'nothing but silence');
      const third = newPlay();
      keyed.caller.talk(true);
      await pbx.takeMessage(keyed.leg, third, 'durand/c.wav', 2_000, 5_000);
      const byLimit = await events.next('message', keyed.leg);
      t.match(byLimit, { play: third });
      t.ok(byLimit.ms > 1_000 && byLimit.ms < 2_500, `${byLimit.ms} ms of 2,000`);
      const prompt = newPlay();
      await pbx.play(keyed.leg, prompt, [world.sound(1_200)]);
      await keyed.caller.press('#');
      await events.next('digit', keyed.leg);
      t.equal(
        events.of(keyed.leg).filter((event) => event.type === 'played' && event.play === prompt).length,
        0,
        'keys stop no prompt afterwards',
      );
      await events.next('played', keyed.leg);
      await end(keyed.leg);

      const gone = await serve({ ms: 2_500 });
      gone.caller.talk(true);
      const fourth = newPlay();
      await pbx.takeMessage(gone.leg, fourth, 'durand/d.wav', 20_000, 5_000);
      await events.next('hungup', gone.leg);
      const byHangup = events.of(gone.leg).find((event) => event.type === 'message');
      t.match(byHangup, { play: fourth, file: 'durand/d.wav' }, 'told before the hang-up');
      t.ok(byHangup?.type === 'message' && byHangup.ms > 1_000, JSON.stringify(byHangup));
    });

    await behaves('an unbridged caller is brought back, whatever he hears', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      for (const doing of [
        () => pbx.music(leg, undefined),
        () => pbx.play(leg, newPlay(), [world.sound(20_000)]),
        () => Promise.resolve(true),
      ]) {
        await doing();
        t.ok(await pbx.adopt(leg));
        await events.next('parked', leg);
        const play = newPlay();
        t.ok(await pbx.play(leg, play, [world.sound(200)]));
        for (;;) if ((await events.next('played', leg)).play === play) break;
      }
      t.match(
        (await pbx.legs()).find((one) => one.leg === leg),
        { role: 'caller', bridgedTo: undefined, arrival: { dialled: world.number } },
      );
      await end(leg);
    });

    await behaves('a caller who leaves a message is brought back when it is complete', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const play = newPlay();
      await pbx.takeMessage(leg, play, 'durand/e.wav', 20_000, 1_500);
      t.ok(await pbx.adopt(leg));
      t.match(await events.next('message', leg), { play });
      await events.next('parked', leg);
      await end(leg);
    });

    await behaves('adopting a caller who talks leaves him talking', async (t) => {
      const { leg } = await serve({ ms: 30_000 });
      const agent = await dial(leg, 'answers');
      await events.next('ready', agent.leg);
      await pbx.bridge(leg, agent.leg);
      await events.next('bridged', leg);
      await pbx.adopt(leg);
      await pbx.exists(leg);
      t.equal(events.count('parked', leg), 0);
      await end(leg);
      await events.next('hungup', agent.leg);
    });

    await behaves('a caller is handed to the fallback', async (t) => {
      const { leg } = await serve({ ms: 1_500 });
      t.ok(await pbx.fallback(leg));
      await events.next('hungup', leg);
    });

    await behaves('which devices can be rung', async (t) => {
      const reachable = await pbx.reachableDevices();
      t.ok(reachable.has(world.phone('answers').id));
      t.notOk(reachable.has(world.phone('not registered').id));
    });

    t.equal(behaviours, behavioursOfThePort, `${behaviours} behaviours on ${name}, as on every other`);
  });
}
