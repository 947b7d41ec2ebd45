import t, { type Test } from 'tap';
import { agentsNeeded, blocking, erlangA, erlangC } from '../../../src/simulator/erlang.js';

/** Equal to as many digits as were published. */
const near = (t: Test, found: number, published: number, within: number, what: string) =>
  t.ok(Math.abs(found - published) <= within, `${what}: ${found}, published ${published}`);

t.test('Erlang B, as in every printed table', (t) => {
  near(t, blocking(2, 5), 0.0367, 0.00005, '2 erlangs on 5');
  near(t, blocking(5, 10), 0.0184, 0.00005, '5 erlangs on 10');
  t.end();
});

t.test('Erlang C: 360 calls of 4 minutes in half an hour, 55 agents, 15 s', (t) => {
  // Mitan Ltd, "Erlang C Mathematics" (mitan.co.uk/erlang/elgcmath.htm): 23.9 % wait, 84.6 % within 15 s, ASA 8.2 s.
  const forecast = erlangC({ rate: 360 / 1800, handling: 240 }, 55, 15);
  near(t, forecast.waits, 0.239, 0.0005, 'wait at all');
  near(t, forecast.serviceLevel, 0.846, 0.0005, 'within 15 s');
  near(t, forecast.asa, 8.2, 0.05, 'ASA');
  near(t, forecast.occupancy, 0.873, 0.0005, 'occupancy');
  t.end();
});

t.test('Erlang A: 48 calls a minute of a minute each, 50 agents, 2 minutes of patience', (t) => {
  // O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center with Impatient Customers" (2002), table 1, against Erlang C.
  const traffic = { rate: 48, handling: 1 };
  const patient = erlangC(traffic, 50, 20 / 60);
  near(t, patient.asa * 60, 20.8, 0.05, 'ASA of the patient');
  near(t, patient.occupancy, 0.96, 0.005, 'occupancy with the patient');
  const impatient = erlangA(traffic, 50, 20 / 60, 2);
  near(t, impatient.abandonment, 0.031, 0.0005, 'abandonment');
  near(t, impatient.occupancy, 0.93, 0.005, 'occupancy');
  // The paper gives 3.7 s over all callers: abandonment × patience.
  near(t, impatient.abandonment * 2 * 60, 3.7, 0.05, 'mean wait of all');
  t.end();
});

t.test('Erlang A becomes Erlang C when nobody loses patience', (t) => {
  const traffic = { rate: 1 / 30, handling: 180 };
  for (const agents of [7, 8, 10]) {
    const [c, a] = [erlangC(traffic, agents, 20), erlangA(traffic, agents, 20, 1e8)];
    near(t, a.serviceLevel, c.serviceLevel, 1e-4, `service level of ${agents}`);
    near(t, a.asa, c.asa, c.asa * 1e-3, `ASA of ${agents}`);
    near(t, a.waits, c.waits, 1e-4, `who waits with ${agents}`);
  }
  t.end();
});

t.test('Erlang A stays finite where Erlang C does not, and all who come are answered or give up', (t) => {
  const overload = erlangA({ rate: 12 / 180, handling: 180 }, 10, 20, 120);
  t.ok(overload.abandonment > 2 / 12, 'at least the excess gives up');
  t.ok(overload.occupancy > 0.9 && overload.occupancy < 1);
  t.ok(overload.serviceLevel > 0 && overload.serviceLevel < 1 - overload.abandonment);
  t.equal(erlangC({ rate: 12 / 180, handling: 180 }, 10, 20).serviceLevel, 0);
  t.end();
});

t.test('the fewest agents who keep a promise', (t) => {
  const traffic = { rate: 100 / 1800, handling: 180 };
  const needed = agentsNeeded((agents) => erlangC(traffic, agents, 20), 80);
  // callcentrehelper.com, "Erlang C formula, worked example": 100 calls of 3 minutes in half an hour, 80/20: 14 agents, 88.8 %.
  t.equal(needed, 14);
  near(t, erlangC(traffic, 14, 20).serviceLevel, 0.888, 0.0005, 'service level of 14');
  t.end();
});
