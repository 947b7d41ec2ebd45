import fc from 'fast-check';
import t from 'tap';
import { localTime, openingAt } from '../../../../src/core/schedule/opening.js';
import type { OpenSpan, Schedule } from '../../../../src/core/schedule/schedule.js';

const at = (iso: string) => Date.parse(iso);
const hours = (from: string, to: string): OpenSpan => {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { from: minutes(from), to: minutes(to) };
};
const office = [hours('08:00', '12:30'), hours('13:30', '18:00')];
const everyDay = (spans: readonly OpenSpan[]) => Array.from({ length: 7 }, () => spans);

const cabinet: Schedule = {
  timezone: 'Europe/Paris',
  week: [[], office, office, office, office, office, []],
  closures: [{ from: '2026-08-03', to: '2026-08-21' }],
  holidays: new Set(['2026-07-14', '2026-08-15']),
};

t.test('office hours in Paris', async (t) => {
  t.equal(openingAt(cabinet, at('2026-03-02T07:59:59+01:00')), 'closed', 'one second before opening');
  t.equal(openingAt(cabinet, at('2026-03-02T08:00:00+01:00')), 'open', 'opens on the minute');
  t.equal(openingAt(cabinet, at('2026-03-02T12:29:59.999+01:00')), 'open');
  t.equal(openingAt(cabinet, at('2026-03-02T12:30:00+01:00')), 'closed', 'the end is excluded');
  t.equal(openingAt(cabinet, at('2026-03-02T13:30:00+01:00')), 'open', 'after lunch');
  t.equal(openingAt(cabinet, at('2026-03-01T10:00:00+01:00')), 'closed', 'Sunday');
});

t.test('the weekday is the local one, not that of UTC', async (t) => {
  const tokyo: Schedule = { ...cabinet, timezone: 'Asia/Tokyo', closures: [], holidays: new Set() };
  t.equal(openingAt(tokyo, at('2026-03-01T23:30:00Z')), 'open', 'Monday 08:30 in Tokyo is Sunday in UTC');
  t.equal(openingAt(tokyo, at('2026-03-06T23:30:00Z')), 'closed', 'Saturday 08:30 in Tokyo is Friday in UTC');
});

t.test('closures count as closed, both ends included', async (t) => {
  t.equal(openingAt(cabinet, at('2026-07-31T10:00:00+02:00')), 'open');
  t.equal(openingAt(cabinet, at('2026-08-03T10:00:00+02:00')), 'closed', 'first day');
  t.equal(openingAt(cabinet, at('2026-08-21T10:00:00+02:00')), 'closed', 'last day');
  t.equal(openingAt(cabinet, at('2026-08-24T10:00:00+02:00')), 'open');
});

t.test('a holiday goes before opening hours, closed hours and closures, for the whole local day', async (t) => {
  t.equal(openingAt(cabinet, at('2026-07-14T10:00:00+02:00')), 'holiday', 'during hours');
  t.equal(openingAt(cabinet, at('2026-07-14T00:00:00+02:00')), 'holiday', 'from local midnight');
  t.equal(openingAt(cabinet, at('2026-07-14T23:59:59+02:00')), 'holiday', 'to local midnight');
  t.equal(openingAt(cabinet, at('2026-07-13T23:59:59+02:00')), 'closed', 'the day before');
  t.equal(openingAt(cabinet, at('2026-08-15T10:00:00+02:00')), 'holiday', 'inside a closure');
});

t.test('Paris springs forward on 2026-03-29: 02:00 CET is 03:00 CEST', async (t) => {
  const night: Schedule = { ...cabinet, week: everyDay([hours('01:30', '02:15'), hours('02:30', '03:30')]) };
  t.equal(openingAt(night, at('2026-03-29T01:59:59+01:00')), 'open');
  t.same(localTime('Europe/Paris', at('2026-03-29T01:00:00Z')), { date: '2026-03-29', weekday: 0, minutes: 180 });
  t.equal(openingAt(night, at('2026-03-29T03:00:00+02:00')), 'open', 'the next second is 03:00');
  t.equal(openingAt(night, at('2026-03-29T03:30:00+02:00')), 'closed');
  t.equal(openingAt(cabinet, at('2026-03-27T08:00:00+01:00')), 'open', 'Friday before: 07:00 UTC');
  t.equal(openingAt(cabinet, at('2026-03-30T08:00:00+02:00')), 'open', 'Monday after: 06:00 UTC');
  t.equal(openingAt(cabinet, at('2026-03-30T05:59:00Z')), 'closed');
});

t.test('Paris falls back on 2026-10-25: 03:00 CEST is 02:00 CET', async (t) => {
  const night: Schedule = { ...cabinet, week: everyDay([hours('02:00', '02:30')]) };
  t.equal(openingAt(night, at('2026-10-25T02:15:00+02:00')), 'open', 'the first 02:15');
  t.equal(openingAt(night, at('2026-10-25T02:45:00+02:00')), 'closed');
  t.equal(openingAt(night, at('2026-10-25T02:15:00+01:00')), 'open', 'the second 02:15');
  t.equal(openingAt(cabinet, at('2026-10-23T07:59:00+02:00')), 'closed', 'Friday before');
  t.equal(openingAt(cabinet, at('2026-10-26T08:00:00+01:00')), 'open', 'Monday after: 07:00 UTC');
  t.equal(openingAt(cabinet, at('2026-10-26T06:59:00Z')), 'closed');
});

t.test('a night shift is written as two spans that meet at midnight', async (t) => {
  const night: Schedule = { ...cabinet, week: everyDay([hours('00:00', '06:00'), { from: 22 * 60, to: 1440 }]) };
  t.equal(openingAt(night, at('2026-03-03T23:59:59+01:00')), 'open');
  t.equal(openingAt(night, at('2026-03-04T00:00:00+01:00')), 'open');
  t.equal(openingAt(night, at('2026-03-04T06:00:00+01:00')), 'closed');
  t.equal(openingAt(night, at('2026-03-04T21:59:00+01:00')), 'closed');
});

const instant = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
const zone = fc.constantFrom('Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Pacific/Chatham', 'America/Sao_Paulo', 'UTC');

t.test('properties', async () => {
  fc.assert(
    fc.property(instant, zone, (now, timezone) => {
      const local = localTime(timezone, now);
      const always = { timezone, week: everyDay([{ from: 0, to: 1440 }]), closures: [], holidays: new Set<string>() };
      if (openingAt(always, now) !== 'open') throw new Error('open round the clock is open at any instant');
      if (openingAt({ ...always, week: everyDay([]) }, now) !== 'closed') throw new Error('no hours: always closed');
      if (openingAt({ ...always, closures: [{ from: local.date, to: local.date }] }, now) !== 'closed') throw new Error('closure');
      if (openingAt({ ...always, holidays: new Set([local.date]) }, now) !== 'holiday') throw new Error('holiday');
      const minute = { from: local.minutes, to: local.minutes + 1 };
      const week = everyDay([]).map((none, day) => (day === local.weekday ? [minute] : none));
      if (openingAt({ ...always, week }, now) !== 'open') throw new Error('the minute that holds now');
      // No zone is further from UTC than 14 hours.
      if (Math.abs(Date.parse(`${local.date}T00:00:00Z`) + local.minutes * 60_000 - now) > 14 * 3_600_000 + 60_000) throw new Error('far');
    }),
  );
});
