import fc from 'fast-check';
import t from 'tap';
import type { Command } from '../../../src/freeswitch/esl/command.js';
import { EslError } from '../../../src/freeswitch/esl/errors.js';
import type { Reply } from '../../../src/freeswitch/esl/reply-queue.js';
import { Ownership } from '../../../src/freeswitch/ownership.js';
import { silent } from '../../../src/ports/log.js';
import { FakeClock } from '../../support/fake-clock.js';

/** FreeSWITCH's global variables, with its compare-and-swap (mod_commands.c, global_setvar_function). */
class Variables {
  readonly values = new Map<string, string>();

  run(command: Command): Reply {
    const [verb, argument = ''] = command.text.trim().replace(/^api /, '').split(' ');
    if (verb === 'global_getvar') {
      const value = this.values.get(argument);
      return value === undefined ? { ok: false, text: '-ERR no reply' } : { ok: true, text: value };
    }
    const [name = '', value = '', expected] = argument.split('=');
    if (expected === undefined || this.values.get(name) === expected) this.values.set(name, value);
    return { ok: true, text: '+OK' };
  }
}

class Daemon {
  readonly told: string[] = [];
  connected = true;
  /** The process stands still: nothing is sent, nothing is read. */
  suspended = false;
  /** On the way to FreeSWITCH, and on the way back. */
  arrivesAfterMs = 0;
  answersAfterMs = 0;
  readonly ownership: Ownership;

  constructor(instance: string, clock: FakeClock, variables: Variables) {
    this.ownership = new Ownership({
      instance,
      clock,
      log: silent,
      send: async (command) => {
        if (!this.connected) throw new EslError('esl-not-connected');
        if (this.suspended) return new Promise(() => undefined);
        await null;
        const pass = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
        if (this.arrivesAfterMs > 0) await pass(this.arrivesAfterMs);
        const reply = variables.run(command);
        if (this.answersAfterMs > 0) await pass(this.answersAfterMs);
        return reply;
      },
      gained: () => this.told.push('gained'),
      confirmed: () => undefined,
      lost: (reason, taken) => this.told.push(`lost: ${reason}${taken ? ' (taken)' : ''}`),
    });
  }

  start(): this {
    this.ownership.start();
    return this;
  }
}

function world() {
  const clock = new FakeClock();
  const variables = new Variables();
  return { clock, variables, daemon: (name: string) => new Daemon(name, clock, variables).start() };
}

/** What one hears who finds another owner: the reason that `status` gives of the node. */
const standsBy = 'lost: another daemon owns the node (taken)';

t.test('the first daemon owns a switch that has just started', async (t) => {
  const { clock, variables, daemon } = world();
  const a = daemon('a');
  await clock.advance(0);
  t.notOk(a.ownership.held, 'it initialises first, so that two agree on one');
  await clock.advance(300);
  t.same(a.told, ['gained']);
  t.ok(a.ownership.held);
  t.equal(variables.values.get('tcore_owner'), 'a.1');
  const before = variables.values.get('tcore_beat');
  await clock.advance(600);
  t.not(variables.values.get('tcore_beat'), before);
});

t.test('a first write that comes late takes no name off', async (t) => {
  const { clock, variables, daemon } = world();
  const late = new Daemon('late', clock, variables).start();
  // It has asked, and stands still before it hears that there is no owner.
  late.answersAfterMs = 400;
  await clock.advance(0);
  const a = daemon('a');
  await clock.advance(5_000);
  t.equal(variables.values.get('tcore_owner'), 'a.1');
  t.same([a.told, late.told], [['gained'], [standsBy]]);
});

t.test('a third that starts just after the first write waits for the writes of the others', async (t) => {
  const { clock, variables, daemon } = world();
  variables.values.set('tcore_owner', 'none.0');
  const c = daemon('c');
  await clock.advance(149);
  t.notOk(c.ownership.held);
  variables.values.set('tcore_owner', 'none.0');
  await clock.advance(300);
  t.ok(c.ownership.held);
  t.same(c.told, ['gained']);
});

t.test('two that start together: exactly one', async (t) => {
  const { clock, daemon } = world();
  const both = [daemon('a'), daemon('b')];
  await clock.advance(10_000);
  t.equal(both.filter((one) => one.ownership.held).length, 1);
  t.equal(both.flatMap((one) => one.told).filter((told) => told === 'gained').length, 1);
});

t.test('a standby waits as long as the owner lives, and takes over when it stands still', async (t) => {
  const { clock, daemon, variables } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(30_000);
  t.same(b.told, [standsBy]);
  a.connected = false;
  a.ownership.stop();
  t.notOk(a.ownership.held);
  await clock.advance(1_150);
  t.same(b.told, [standsBy]);
  await clock.advance(700);
  t.same(b.told, [standsBy, 'gained']);
  t.equal(variables.values.get('tcore_owner'), 'b.2', 'with the next epoch');
});

t.test('an owner that comes back in time goes on; one that comes too late stands by', async (t) => {
  const { clock, daemon } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(1_000);
  a.ownership.stop();
  await clock.advance(500);
  a.ownership.start();
  await clock.advance(5_000);
  t.same(a.told, ['gained', 'gained'], 'told anew: what happened meanwhile is unknown');
  t.same(b.told, [standsBy]);
  a.ownership.stop();
  await clock.advance(5_000);
  a.ownership.start();
  await clock.advance(100);
  t.same(a.told, ['gained', 'gained', standsBy]);
  await clock.advance(5_000);
  t.notOk(a.ownership.held);
  t.ok(b.ownership.held);
});

t.test('a daemon that was suspended does nothing until it has read its name again', async (t) => {
  const { clock, daemon } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  a.suspended = true;
  await clock.advance(999);
  await clock.advance(400);
  t.notOk(a.ownership.held, 'the gate closes by itself');
  a.suspended = false;
  await clock.advance(600);
  t.ok(a.ownership.held, 'and then shows that it lives before it trusts its name');
  t.same(a.told, ['gained']);
});

t.test('however late its replies are, a daemon that stood still finds its gate open again', async (t) => {
  for (let ms = 50; ms <= 400; ms += 10) {
    for (const back of [0, ms / 2, ms]) {
      const { clock, daemon } = world();
      const a = daemon('a');
      await clock.advance(1_000);
      a.arrivesAfterMs = ms - back;
      a.answersAfterMs = back;
      await clock.advance(3_000);
      t.ok(a.ownership.held, `${ms} ms: held`);
      a.suspended = true;
      await clock.advance(1_200);
      t.notOk(a.ownership.held, `${ms} ms: shut`);
      a.suspended = false;
      await clock.advance(2_000);
      let open = 0;
      for (let passed = 0; passed < 3_000; passed += 10) {
        await clock.advance(10);
        if (a.ownership.held) open++;
      }
      t.equal(open, 300, `${ms} ms, ${back} of them on the way back: open for good`);
      t.same(a.told, ['gained']);
    }
  }
});

t.test('one that leaves makes room at once', async (t) => {
  const { clock, daemon, variables } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  const b = daemon('b');
  await clock.advance(1_000);
  await a.ownership.release();
  t.equal(variables.values.get('tcore_owner'), 'none.1');
  await clock.advance(310);
  t.ok(b.ownership.held);
  t.equal(variables.values.get('tcore_owner'), 'b.2');
});

t.test('a switch that restarts forgets its owner, who takes it again', async (t) => {
  const { clock, daemon, variables } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  a.ownership.stop();
  variables.values.clear();
  a.ownership.start();
  await clock.advance(1_000);
  t.ok(a.ownership.held);
  t.same(a.told, ['gained', 'lost: FreeSWITCH has restarted: nobody owns the node', 'gained'], 'nobody else serves its calls');
});

t.test('one who comes back after another has been the owner and has left', async (t) => {
  const { clock, daemon } = world();
  const a = daemon('a');
  await clock.advance(1_000);
  a.ownership.stop();
  const b = daemon('b');
  await clock.advance(3_000);
  await b.ownership.release();
  a.ownership.start();
  await clock.advance(1_000);
  t.same(a.told, ['gained', 'lost: another daemon has owned the node and left it', 'gained']);
});

t.test('whatever is cut, suspended and mended: never two gates open at once after the first start', async () => {
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('cut', 'mend', 'suspend', 'resume', 'wait'),
    ms: fc.integer({ min: 50, max: 2_500 }),
  });
  const latency = fc.record({ there: fc.integer({ min: 0, max: 100 }), back: fc.integer({ min: 0, max: 250 }) });
  // Found: resumed for just one look, the owner opened his gate while a standby had not seen the counter move for 1,500 ms.
  const resumedTwice = [
    { who: 0, what: 'wait' as const, ms: 351 },
    { who: 0, what: 'suspend' as const, ms: 751 },
    { who: 0, what: 'resume' as const, ms: 151 },
    { who: 0, what: 'suspend' as const, ms: 351 },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(latency, { maxLength: 3 }), async (steps, latencies) => {
      const { clock, daemon } = world();
      const all = [daemon('a')];
      await clock.advance(1_000);
      all.push(daemon('b'), daemon('c'));
      for (const [i, { there, back }] of latencies.entries()) Object.assign(all[i] ?? {}, { arrivesAfterMs: there, answersAfterMs: back });
      for (const { who, what, ms } of steps) {
        const one = all[who];
        if (one === undefined) continue;
        if (what === 'cut' && one.connected) {
          one.connected = false;
          one.ownership.stop();
        }
        if (what === 'mend' && !one.connected) {
          one.connected = true;
          one.ownership.start();
        }
        if (what === 'suspend' || what === 'resume') one.suspended = what === 'suspend';
        for (let passed = 0; passed < ms; passed += 50) {
          await clock.advance(50);
          if (all.filter((daemon) => daemon.ownership.held).length > 1) return false;
        }
      }
      for (const one of all) {
        one.suspended = false;
        one.arrivesAfterMs = 0;
        one.answersAfterMs = 0;
        if (!one.connected) {
          one.connected = true;
          one.ownership.start();
        }
      }
      await clock.advance(4_000);
      return all.filter((daemon) => daemon.ownership.held).length === 1;
    }),
    { numRuns: 60, examples: [[resumedTwice, []]] },
  );
});
