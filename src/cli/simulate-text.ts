/** The outcome of a simulation as tables on a terminal. */
import type { Need } from '../simulator/staffing.js';
import type { CountSummary, Summary } from '../simulator/summary.js';
import { duration, table } from './table.js';

export function simulationText(summary: Summary): string[] {
  const { all, calls, days, date, seed, occupancy, tenants, agents, outcomes } = summary;
  const when = days === 1 ? date : `${days} days from ${date}`;
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    `${calls} calls on ${when} (seed ${seed}): ${ends.join(', ')}.`,
    '',
    ...table(
      ['tenant', 'queued', 'answered', 'promise', 'service level', 'ASA', '90 % within', 'abandoned', 'elsewhere'],
      [
        ...tenants.map((one) => [one.tenant, ...counts(one, `${one.promise.percent}/${one.promise.withinS}`, one.kept ? '' : ' not kept')]),
        ...(tenants.length > 1 ? [['all', ...counts(all, '', '')]] : []),
      ],
    ),
    '',
    ...table(
      ['agent', 'calls', 'occupancy', 'signed in', 'talking', 'wrap-up', 'ringing', 'paused', 'not taken'],
      [
        ...agents.map((one) => [
          one.agent,
          String(one.calls),
          percent(one.occupancy),
          ...[one.signedInS, one.talkS, one.wrapUpS, one.ringS, one.pausedS].map((seconds) => duration(seconds * 1000)),
          String(one.notAnswered),
        ]),
        ...(agents.length > 1 ? [['all', String(all.answered), percent(occupancy)]] : []),
      ],
    ),
    ...callbackLines(summary),
    ...estimateLines(summary),
  ];
}

function callbackLines({ tenants }: Summary): string[] {
  const some = tenants.flatMap(({ tenant, callbacks }) => (callbacks === undefined ? [] : [{ tenant, ...callbacks }]));
  if (some.length === 0) return [];
  return [
    '',
    ...table(
      ['callbacks', 'promised', 'reached', 'after', 'not reached', 'to come'],
      some.map(({ tenant, promised, reached, reachedAfterS, unreached }) => [
        tenant,
        String(promised),
        String(reached),
        reached === 0 ? '' : duration(reachedAfterS * 1000),
        String(unreached),
        String(Math.max(0, promised - reached - unreached)),
      ]),
    ),
  ];
}

function estimateLines({ estimates }: Summary): string[] {
  if (estimates === undefined) return [];
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  return [
    '',
    ...table(
      ['estimated wait', 'estimates', 'mean error', 'bias', 'running average (app_queue)', 'bias'],
      estimates.map(({ when, callers, ours, holdtime }) => [
        when === 'entry' ? 'at entry' : 'while waiting',
        String(callers),
        ...[ours, holdtime].flatMap(({ meanAbsoluteErrorS, biasS }) => [seconds(meanAbsoluteErrorS), seconds(biasS)]),
      ]),
    ),
  ];
}

/** How many agents each half hour needs. */
export function staffingText(needs: readonly Need[]): string[] {
  return [
    '',
    ...table(
      ['from', 'calls', 'erlangs', 'Erlang C', 'Erlang A', 'simulated'],
      needs.map(({ from, calls, erlangs, erlangC, erlangA, simulated }) => [
        from,
        calls.toFixed(1),
        erlangs.toFixed(2),
        String(erlangC),
        erlangA === undefined ? '' : String(erlangA),
        simulated === undefined ? 'more' : String(simulated),
      ]),
    ),
  ];
}

function counts(count: CountSummary, promise: string, remark: string): string[] {
  const { queued, answered, serviceLevel, asaS, p90S, abandonment, overflowed } = count;
  return [
    String(queued),
    String(answered),
    promise,
    `${percent(serviceLevel)}${remark}`,
    `${asaS.toFixed(1)} s`,
    `${p90S} s`,
    percent(abandonment),
    String(overflowed),
  ];
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
