/** The outcome of a simulation as one HTML file that needs nothing else: to be mailed, printed, kept. */
import type { Summary } from '../summary.js';
import { escaped, lines, meter, stackedBars } from './chart.js';
import { style } from './style.js';

export function reportPage(summary: Summary): string {
  const { date, days, seed, calls } = summary;
  const when = days === 1 ? date : `${days} days from ${date}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulation of ${escaped(when)}</title><style>${style}</style></head><body><main>
<header><h1>A simulated ${days === 1 ? 'day' : 'run of days'}</h1><p>${escaped(when)} · ${calls.toLocaleString('en')} calls · seed ${escaped(seed)}</p></header>
${tiles(summary)}
<section class="plots">${plots(summary)}</section>
${tenants(summary)}
${callbacks(summary)}
${agents(summary)}
${estimates(summary)}
<footer>telephony-core simulate. Service level: answered within the promised time, of all who entered the queue; who gave up counts
against it. Occupancy: ringing, talk and wrap-up, of the time signed in without pauses. The plots show the mean of all days.</footer>
</main></body></html>
`;
}

const percent = (share: number, digits = 1) => `${(share * 100).toFixed(digits)} %`;
const seconds = (value: number) => (value < 90 ? `${value.toFixed(value < 10 ? 1 : 0)} s` : `${(value / 60).toFixed(1)} min`);

function tiles({ all, occupancy, tenants: each, agents: crew }: Summary): string {
  const kept = each.filter((one) => one.kept).length;
  const shown = [
    ['Service level', percent(all.serviceLevel), `${kept} of ${each.length} promises kept`],
    ['Mean wait (ASA)', seconds(all.asaS), `nine in ten within ${seconds(all.p90S)}`],
    ['Gave up', percent(all.abandonment), `of ${all.queued.toLocaleString('en')} in the queue`],
    ['Occupancy', percent(occupancy), `${crew.length} agents`],
  ] as const;
  return `<section class="tiles">${shown.map(([name, value, more]) => `<div><span>${name}</span><b>${value}</b><small>${more}</small></div>`).join('')}</section>`;
}

function plots(summary: Summary): string {
  const { days } = summary;
  // Hours at which nothing happens are left out at both ends.
  const lives = summary.slots.map(({ queued, busy }) => queued > 0 || busy > 0.01);
  const slots = summary.slots.slice(Math.max(0, lives.indexOf(true)), lives.lastIndexOf(true) + 1);
  const labels = slots.map(({ from }) => (from.endsWith(':00') && (slots.length < 26 || Number(from.slice(0, 2)) % 2 === 0) ? from : ''));
  const goal = promise(summary);
  const series = (name: string, look: string, of: (slot: Summary['slots'][number]) => number) => ({
    name,
    style: look,
    values: slots.map(of),
  });
  return [
    stackedBars({ title: 'Calls in the queue, by half hour', labels }, [
      series('in time', 'good', ({ serviceLevel, queued }) => (serviceLevel * queued) / days),
      series('answered late', 'late', ({ serviceLevel, queued, answered }) => (answered - serviceLevel * queued) / days),
      series('gave up', 'bad', ({ abandonment, queued }) => (abandonment * queued) / days),
      ...(summary.all.callbacks === undefined ? [] : [series('called back', 'back', ({ callbacks }) => (callbacks?.promised ?? 0) / days)]),
      series('elsewhere', 'other', ({ overflowed }) => overflowed / days),
    ]),
    lines({ title: 'Service level', labels, top: 100, unit: ' %' }, [
      series('promised', 'dashed other', () => goal * 100),
      series('kept', 'good', ({ serviceLevel, queued }) => (queued === 0 ? Number.NaN : serviceLevel * 100)),
    ]),
    lines({ title: 'Agents', labels }, [
      series('signed in', 'other area', ({ signedIn }) => signedIn),
      series('busy', 'good area', ({ busy }) => busy),
    ]),
    lines({ title: 'Callers waiting', labels }, [
      series('at most', 'dashed bad', ({ longestQueue }) => longestQueue),
      series('on average', 'late area', ({ meanQueue }) => meanQueue),
    ]),
    waits(summary),
    lines({ title: 'Mean wait of the answered, seconds', labels }, [
      series('ASA', 'late', ({ asaS, answered }) => (answered === 0 ? Number.NaN : asaS)),
    ]),
  ].join('');
}

/** The promises of the tenants, weighted by their callers. */
function promise({ tenants: each }: Summary): number {
  const queued = each.reduce((sum, one) => sum + one.queued, 0);
  return each.reduce((sum, one) => sum + one.queued * one.promise.percent, 0) / Math.max(1, queued) / 100;
}

function waits({ waits: curve, all }: Summary): string {
  const every = [1, 5, 10, 20, 30, 60].find((step) => step * 8 >= all.p90S * 2) ?? 60;
  const longest = every * 8;
  const seconds = Array.from({ length: longest + 1 }, (_, second) => second);
  const labels = seconds.map((second) => (second % every === 0 ? String(second) : ''));
  const values = seconds.map((second) => (curve.findLast(({ withinS }) => withinS <= second)?.share ?? 0) * 100);
  return lines({ title: 'Answered within so many seconds, of the answered', labels, top: 100, unit: ' %' }, [
    { name: '', style: 'good area', values },
  ]);
}

function tenants({ tenants: each }: Summary): string {
  const rows = each.map((one) => {
    const { tenant, promise: made, kept, queued, answered, serviceLevel, asaS, p90S, abandonment, overflowed, callbacks } = one;
    const late = answered / Math.max(1, queued) - serviceLevel;
    const bar = meter([
      ['good', serviceLevel, 'in time'],
      ['late', late, 'late'],
      ['bad', abandonment, 'gave up'],
      ['back', (callbacks?.promised ?? 0) / Math.max(1, queued), 'called back'],
      ['other', overflowed / Math.max(1, queued), 'elsewhere'],
    ]);
    return `<tr><th>${escaped(tenant)}</th><td>${queued}</td><td>${made.percent} % in ${made.withinS} s</td>
<td class="${kept ? 'yes' : 'no'}">${percent(serviceLevel)}</td><td class="bar">${bar}</td><td>${seconds(asaS)}</td><td>${seconds(p90S)}</td><td>${percent(abandonment)}</td><td>${overflowed}</td></tr>`;
  });
  return `<section><h2>Tenants</h2><table><thead><tr><th>tenant</th><th>in the queue</th><th>promise</th><th>service level</th><th class="bar"></th><th>ASA</th><th>9 in 10 within</th><th>gave up</th><th>elsewhere</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function callbacks({ tenants: each }: Summary): string {
  const rows = each.flatMap(({ tenant, callbacks: back }) => {
    if (back === undefined) return [];
    const { promised, reached, reachedAfterS, unreached } = back;
    const after = reached === 0 ? '' : seconds(reachedAfterS);
    return [
      `<tr><th>${escaped(tenant)}</th><td>${promised}</td><td>${reached}</td><td>${after}</td><td>${unreached}</td><td>${Math.max(0, promised - reached - unreached)}</td></tr>`,
    ];
  });
  if (rows.length === 0) return '';
  return `<section><h2>Callbacks</h2><table><thead><tr><th>tenant</th><th>promised</th><th>reached</th><th>after</th><th>not reached</th><th>to come</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

/** A page with a thousand rows helps nobody. */
const mostAgents = 60;

function agents({ agents: crew }: Summary): string {
  const rows = crew.slice(0, mostAgents).map(({ agent, calls, occupancy, signedInS, ringS, talkS, wrapUpS, pausedS, notAnswered }) => {
    const share = (value: number) => value / Math.max(1, signedInS);
    const bar = meter([
      ['good', share(talkS), 'talk'],
      ['late', share(wrapUpS), 'wrap-up'],
      ['other', share(ringS), 'ringing'],
    ]);
    return `<tr><th>${escaped(agent)}</th><td>${calls}</td><td>${percent(occupancy)}</td><td class="bar">${bar}</td><td>${(signedInS / 3600).toFixed(1)} h</td><td>${seconds(pausedS)}</td><td>${notAnswered}</td></tr>`;
  });
  const rest = crew.length > mostAgents ? `<p>${crew.length - mostAgents} more in the data (--json).</p>` : '';
  return `<section><h2>Agents</h2><table><thead><tr><th>agent</th><th>calls</th><th>occupancy</th><th class="bar">talk, wrap-up, ringing</th><th>signed in</th><th>paused</th><th>not taken</th></tr></thead><tbody>${rows.join('')}</tbody></table>${rest}</section>`;
}

function estimates({ estimates: made }: Summary): string {
  if (made === undefined) return '';
  const rows = made.map(
    ({ when, callers, ours, holdtime }) =>
      `<tr><th>${escaped(when)}</th><td>${callers}</td><td>${seconds(ours.meanAbsoluteErrorS)}</td><td>${seconds(holdtime.meanAbsoluteErrorS)}</td></tr>`,
  );
  return `<section><h2>Estimated waits: mean absolute error</h2><table><thead><tr><th></th><th>estimates</th><th>telephony-core</th><th>running average (app_queue)</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}
