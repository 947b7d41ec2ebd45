/**
 * Two nodes, one daemon, one Redis, one pool: callers come in on the first node, agents' phones are registered on the second. The
 * caller's node sends an INVITE to the phone's, which bridges it by itself.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { doctor } from '../../src/cli/doctor.js';
import { readWav, tone, toneDuration } from '../../src/lab/audio.js';
import { until } from '../../src/lab/child.js';
import { attendedTransferStatus, refusesAttendedTransferOfPeer } from '../contract/differences.js';
import { memoryIo } from '../unit/cli/io.js';
import { heardMs, hears, watchGaps } from './hearing.js';
import { withPassword } from './peer-password.js';
import type { Call } from './sip/call.js';
import type { Headers } from './sip/endpoint.js';
import { header } from './sip/message.js';
import { knock } from './sip/stranger.js';
import { type AgentName, agents, type Backend, backends, phones, Site } from './site.js';
import { talkOn } from './talk.js';
import { desk, hertz, numbers } from './tenants.js';

t.setTimeout(180_000);

const speak = (call: Call, frequency: number): void => call.media.say(tone(frequency, 1_000), true);
const missed = { ...desk.queue.missed, noAnswer: 1, busy: 1, rejected: 1, unreachable: 1 };
const away = { ...desk, queue: { ...desk.queue, missed } };
/** Whoever is gone would be rung for long. */
const patient = { ...away, id: 'patient', numbers: [numbers.spoken], queue: { ...away.queue, ringSeconds: 30 } };
const pairs: readonly (readonly [Backend, Backend])[] = [
  ['freeswitch', 'asterisk'],
  ['asterisk', 'freeswitch'],
  ['freeswitch', 'freeswitch'],
  ['asterisk', 'asterisk'],
];
const skipOf = (on: Backend) => backends.find((backend) => backend.on === on)?.skip ?? false;

for (const [here, there] of pairs)
  t.test(`callers on ${here}, phones on ${there}`, { skip: skipOf(here) || skipOf(there) }, async (t) => {
    const homes: Partial<Record<AgentName, string>> = { alice: 'pbx1', benoit: 'pbx2', chloe: 'pbx2' };
    const site = await Site.start(t, {
      on: here,
      other: there,
      tenants: [away, patient],
      ...(here === there ? withPassword : {}),
      agents: phones('alice', 'benoit', 'chloe').map((agent) => ({ ...agent, node: homes[agent.id as AgentName] ?? 'pbx1' })),
    });
    t.afterEach(() => site.quiet());

    t.test('a talk that outlives the daemon, recorded on both channels', async (t) => {
      const benoit = await site.signIn('benoit');
      const call = await site.dial(numbers.desk, { callerName: 'Éloïse Martin' });
      const leg = await benoit.rings();
      t.equal(leg.callerNumber, call.from, 'his phone shows who calls');
      t.equal(leg.callerName, 'Accueil Éloïse Martin');
      t.equal(header(leg.request, 'x-tenant'), 'desk', 'and for whom');
      leg.answer();
      await hears(leg, hertz.deskWhisper);
      speak(call, hertz.caller);
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await hears(leg, hertz.caller);
      t.equal(heardMs(call, hertz.deskWhisper), 0, 'the whisper is his alone');
      t.equal(heardMs(leg, hertz.music), 0, 'and the music the caller’s');
      await site.agentIs('benoit', 'connected');

      const [gaps, channels] = [[watchGaps(call), watchGaps(leg)], [...(await site.channels())].sort()];
      t.equal(channels.length, 4, 'two legs on each node');
      // What the daemon's end means does not depend on the kinds any further.
      if (here !== there) await site.daemon.kill();
      await hears(leg, hertz.caller, { forMs: 1_000 });
      if (here !== there) await site.daemon.start();
      await site.reaches(call, 'connected');
      t.same([...(await site.channels())].sort(), channels, 'the same channels: nobody was dropped');
      await hears(call, hertz.agent, { forMs: 500 });
      await hears(leg, hertz.caller, { forMs: 500 });
      for (const gap of gaps) t.ok(gap() < 1_000, `no gap in the talk: ${Math.round(gap())} ms`);
      await site.agentIs('benoit', 'connected');

      await leg.hangUp();
      t.match(await call.ended, { by: 'them' }, 'the caller gets a BYE');
      const record = await site.record(call);
      t.match(record, { outcome: 'answered', agent: 'benoit', offers: [{ agent: 'benoit', outcome: 'answered' }] });
      const { channels: sound } = readWav(await readFile(join(site.pbx.recordingsDir, record.recording?.file ?? 'none')));
      const [left, right] = sound;
      t.ok(left !== undefined && right !== undefined, 'stereo');
      if (left === undefined || right === undefined) return;
      t.ok(toneDuration(left, hertz.caller) >= 250, `the caller on the left: ${toneDuration(left, hertz.caller)} ms`);
      t.ok(toneDuration(right, hertz.agent) >= 250, `the agent on the right: ${toneDuration(right, hertz.agent)} ms`);
      t.equal(toneDuration(left, hertz.agent), 0, 'the agent is not on the left');
      t.equal(toneDuration(right, hertz.caller), 0, 'the caller is not on the right');
      await site.agentIs('benoit', 'idle');
      await site.signOut('benoit', benoit);
    });

    t.test('the transfer key works as on the caller’s own node: back to the queue, at the old place', async (t) => {
      const benoit = await site.signIn('benoit');
      const { call, leg } = await talkOn(site, benoit);
      const { enqueuedAt } = await site.reaches(call, 'connected');
      t.equal(await leg.refer('sip:+33999999999@127.0.0.1'), 202);
      // As phones do: it hangs up by itself once it is told that the caller has been put through, unless the node does so.
      const told = await until('the verdict', async () => leg.end ?? leg.transfers.find((status) => status >= 200), { timeoutMs: 5_000 });
      if (typeof told === 'number') t.equal(told, 200);
      await leg.hangUp();
      t.match(await site.reaches(call, 'waiting'), { enqueuedAt });
      const alice = await site.signInWhileBusy('alice');
      const next = await alice.rings();
      next.answer();
      speak(next, hertz.other);
      await hears(call, hertz.other);
      await call.hangUp();
      t.match(await site.record(call), { outcome: 'answered', agent: 'alice' });
      for (const [name, phone] of [['alice', alice] as const, ['benoit', benoit] as const]) {
        await site.agentIs(name, 'idle');
        await site.signOut(name, phone);
      }
    });

    if (here === there) {
      t.test('an attended transfer, with a colleague of his own node', async (t) => {
        const benoit = await site.signIn('benoit');
        const call = await site.dial(numbers.desk);
        const leg = await benoit.rings();
        leg.answer();
        speak(leg, hertz.agent);
        speak(call, hertz.caller);
        await hears(call, hertz.agent);
        const chloe = await site.signIn('chloe');
        const own = await site.dialFrom('benoit', benoit, agents.chloe);
        const colleague = await chloe.rings();
        colleague.answer();
        await own.answered;
        speak(colleague, hertz.other);
        await hears(own, hertz.other);
        const verdictOn = async (from: Call, to: Call): Promise<number> => {
          await from.refer(`sip:${agents.chloe}@127.0.0.1?${to.replaces}`);
          return await until('the verdict', async () => from.transfers.find((status) => status >= 200), { timeoutMs: 5_000 });
        };
        if (refusesAttendedTransferOfPeer[there]) {
          for (const [from, to] of [[leg, own] as const, [own, leg] as const]) {
            t.equal(await verdictOn(from, to), attendedTransferStatus.freeswitch);
            await hears(leg, hertz.caller, { forMs: 300 });
            await hears(call, hertz.agent, { forMs: 300 });
            await hears(own, hertz.other, { forMs: 300 });
          }
          await own.hangUp();
          await colleague.ended;
          await leg.hangUp();
        } else {
          t.equal(await verdictOn(leg, own), 200);
          t.match(await own.ended, { by: 'them' });
          await leg.hangUp();
          await hears(call, hertz.other);
          speak(colleague, hertz.other);
          await hears(colleague, hertz.caller);
          t.match(await site.agentStates(), { benoit: 'connected', chloe: 'ownCall' }, 'neither is offered a call until it ends');
          await colleague.hangUp();
        }
        t.match(await call.ended, { by: 'them' });
        t.match(await site.record(call), { outcome: 'answered', agent: 'benoit' });
        for (const [name, phone] of [['chloe', chloe] as const, ['benoit', benoit] as const]) {
          await site.agentIs(name, 'idle');
          await site.signOut(name, phone);
        }
      });
      // The rest has nothing that depends on both being of one kind.
      return;
    }

    t.test('the caller hangs up, in the talk and while the phone rings', async (t) => {
      const benoit = await site.signIn('benoit');
      const { call: talk, leg } = await talkOn(site, benoit);
      await talk.hangUp();
      t.match(await leg.ended, { by: 'them', status: 200 });
      t.match(await site.record(talk), { outcome: 'answered', agent: 'benoit' });
      await site.agentIs('benoit', 'idle');

      const call = await site.dial(numbers.desk);
      const rung = await benoit.rings();
      await call.hangUp();
      t.match(await rung.ended, { by: 'them', status: 487 }, 'his phone stops ringing');
      t.match(await site.record(call), { outcome: 'abandoned', agent: null });
      await site.agentIs('benoit', 'idle');
      await site.signOut('benoit', benoit);
    });

    t.test('busy, declined and not answered are told apart; an agent of the caller’s own node is in the same pool', async (t) => {
      const [benoit, chloe, alice] = [await site.signIn('benoit'), await site.signIn('chloe'), await site.signIn('alice')];
      benoit.onRing = (leg) => leg.refuse('486 Busy Here');
      chloe.onRing = (leg) => leg.refuse('603 Decline');
      const call = await site.dial(numbers.desk);
      const leg = await alice.rings();
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await call.hangUp();
      const outcomes = Object.fromEntries((await site.record(call)).offers.map(({ agent, outcome }) => [agent, outcome]));
      t.same(outcomes, { benoit: 'busy', chloe: 'rejected', alice: 'answered' });
      for (const [name, phone] of [['alice', alice] as const, ['chloe', chloe] as const]) await site.signOut(name, phone);

      await site.agentIs('benoit', 'idle');
      benoit.onRing = () => undefined;
      benoit.forget();
      const patient = await site.dial(numbers.desk);
      const rung = await benoit.rings();
      t.match(await rung.ended, { by: 'them', status: 487 }, 'it stops ringing by itself');
      await patient.hangUp();
      const { outcome, offers } = await site.record(patient);
      t.equal(outcome, 'abandoned');
      t.match(offers[0], { agent: 'benoit', outcome: 'no-answer' });
      await site.agentIs('benoit', 'idle');
      await site.signOut('benoit', benoit);
    });

    t.test('a phone that is not registered is never rung; one that died is passed over', async (t) => {
      const [benoit, chloe] = [await site.signIn('benoit'), await site.signIn('chloe')];
      await site.signOut('chloe', chloe);
      // No word to the registrar: it looks registered.
      benoit.close();
      const call = await site.dial(numbers.desk);
      // Whoever hears it is in the queue, where benoit alone is idle.
      await hears(call, hertz.music);
      const alice = await site.signInWhileBusy('alice');
      const leg = await alice.rings();
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await call.hangUp();
      const { offers } = await site.record(call);
      const [served, ...inVain] = offers.toReversed();
      t.match(served, { agent: 'alice', outcome: 'answered' });
      t.ok(inVain.length > 0, 'benoit was tried');
      for (const offer of inVain) t.match(offer, { agent: 'benoit', outcome: /unreachable|no-answer/ });
      await site.agentIs('alice', 'idle');
      await site.signOut('alice', alice);
    });

    t.test('only the other node comes in, and only to phones', async (t) => {
      const to = site.other ?? site.pbx;
      const asks = async (from: string, user: string, headers: Headers = []) => String(await knock({ from, to, user, headers }));
      const chloe = await site.signIn('chloe');
      chloe.onRing = (leg) => leg.refuse('486 Busy Here');
      t.equal(await asks(site.pbx.peerHost, agents.chloe), '486', 'the other node: her phone rang');
      t.match(await asks('127.0.0.4', agents.chloe), /401|403/, 'a stranger');
      t.match(await asks(site.pbx.peerHost, agents.chloe, [['X-Tcore-Peer', '1']]), /404|48\d|50\d/, 'what came this way before');
      for (const nobody of ['+33612345678', 'trunk', 'handover', 'fallback', `${agents.chloe}%26PJSIP%2Ftrunk`, 'h', '9999'])
        t.equal(await asks(site.pbx.peerHost, nobody), '404', nobody);
      t.equal(chloe.rang.length, 1, 'her phone rang once');
      const benoit = await site.signIn('benoit');
      chloe.onRing = (leg) => leg.refuse('302 Moved Temporarily', `sip:${agents.benoit}@127.0.0.1:${(site.other ?? site.pbx).phonePort}`);
      t.match(await asks(site.pbx.peerHost, agents.chloe), /^[345]/, 'nor to whom a phone forwards');
      t.equal(benoit.rang.length, 0, 'his phone does not ring');
      await site.signOut('benoit', benoit);
      await site.signOut('chloe', chloe);
      t.equal(await asks(site.pbx.peerHost, agents.chloe), '404', 'nor is a phone that is not registered');

      const secrets = Object.values(agents).map((user) => [`TCORE_PHONE_${user}`, `lab-secret-of-${user}`]);
      const passwords = { TCORE_PBX_PASSWORD: site.pbx.password, TCORE_PBX2_PASSWORD: site.other?.password ?? '' };
      const env = {
        ...Object.fromEntries(secrets),
        ...passwords,
        TCORE_ADMIN_TOKEN: site.daemon.adminToken,
        PATH: process.env['PATH'] ?? '',
      };
      const io = memoryIo(env);
      await doctor([site.daemon.configDir], io);
      for (const node of ['pbx1', 'pbx2'])
        t.ok(io.said.includes(`ok       Node ${node}: calls of 1 other nodes are let in.`), `doctor: ${node} lets the other one in`);
      t.comment(io.said.filter((line) => line.includes('peer')).join('; '));
    });

    t.test('the phones’ node is gone with its host: the caller goes on to an agent of his own', async (t) => {
      const [benoit, chloe] = [await site.signIn('benoit'), await site.signIn('chloe')];
      const alice = await site.signIn('alice');
      const { other } = site;
      if (other === undefined) return;
      await other.kill();
      // A host that is gone does not even say that nobody is there, as loopback does.
      const nobody = createSocket('udp4').bind(other.peerPort, other.peerHost);
      await once(nobody, 'listening');
      const dialledAt = performance.now();
      const call = await site.dial(numbers.spoken);
      const leg = await alice.rings(20_000);
      const waited = performance.now() - dialledAt;
      t.ok(waited < (patient.queue.ringSeconds * 1_000) / 2, `nobody’s ring time was waited for: ${Math.round(waited)} ms`);
      leg.answer();
      speak(leg, hertz.agent);
      await hears(call, hertz.agent);
      await call.hangUp();
      const { offers } = await site.record(call);
      t.match(offers, [
        { agent: 'benoit', outcome: 'unreachable' },
        { agent: 'chloe', outcome: 'unreachable' },
        { agent: 'alice', outcome: 'answered' },
      ]);
      await new Promise<void>((resolve) => {
        nobody.close(resolve);
      });
      await other.restart();
      for (const phone of [benoit, chloe, alice]) phone.close();
    });
  });
