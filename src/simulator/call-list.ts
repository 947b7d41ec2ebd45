/** A day of calls as a table: CSV with a header line, one line a call. */
import type { TenantId } from '../core/ids.js';
import { type Site, tenantByNumber } from '../core/site.js';
import type { Assumptions } from './assumptions.js';
import { BadInput } from './bad-input.js';
import { type Caller, CallerDraw } from './callers.js';
import { midnight, timeOfDay } from './local-day.js';
import type { Random } from './random.js';

export const columnsHelp = `time (08:30:00 or 2026-09-15T08:30:00+02:00), tenant or number (as dialled); if you know them: talkSeconds, patienceSeconds,
caller, keys (as pressed in menus, separated by spaces)`;

/** What a line does not say is drawn from the assumptions. Throws `BadInput` with every line that cannot be read. */
export function callersFromCsv(text: string, site: Site, all: Assumptions, timezone: string, random: Random): Caller[] {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const separator = header.includes(';') && !header.includes(',') ? ';' : ',';
  const columns = cells(header, separator);
  const unknown = columns.filter((name) => !(names as readonly string[]).includes(name));
  if (unknown.length > 0 || !columns.includes('time')) throw new BadInput(`the first line names the columns: ${columnsHelp}`);
  const draws = new Map(
    [...site.tenants.keys()].map((tenant) => [tenant, new CallerDraw(site, all, tenant, random.fork(`caller ${tenant}`))]),
  );
  const start = midnight(timezone, all.date);
  const problems: string[] = [];
  const callers: Caller[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const values = cells(line, separator);
    const row = Object.fromEntries(columns.map((name, column) => [name, values[column] ?? ''])) as Row;
    const tenant = tenantOf(row, site);
    const at = instant(row.time ?? '', start);
    const wrong = (['talkSeconds', 'patienceSeconds'] as const).find((name) => !/^(\d+(\.\d+)?)?$/.test(row[name] ?? ''));
    const draw = tenant === undefined ? undefined : draws.get(tenant);
    if (draw === undefined) problems.push(`line ${index + 2}: no tenant has ${row.tenant ?? row.number ?? 'this call'}`);
    else if (at === undefined) problems.push(`line ${index + 2}: ${row.time} is no time`);
    else if (wrong !== undefined) problems.push(`line ${index + 2}: ${wrong} is ${row[wrong]}, not a number of seconds`);
    else callers.push(draw.caller(at, known(row)));
  }
  if (problems.length > 0)
    throw new BadInput([...problems.slice(0, 20), ...(problems.length > 20 ? [`${problems.length - 20} more`] : [])].join('\n'));
  if (callers.length === 0) throw new BadInput('there is no call in the list');
  return callers.sort((a, b) => a.at - b.at);
}

const names = ['time', 'tenant', 'number', 'talkSeconds', 'patienceSeconds', 'caller', 'keys'] as const;
type Row = Partial<Record<(typeof names)[number], string>>;

function tenantOf({ tenant, number }: Row, site: Site): TenantId | undefined {
  if (tenant !== undefined && tenant !== '') return [...site.tenants.keys()].find((known) => known === tenant);
  return tenantByNumber(site, number ?? '')?.tenant.id;
}

/** A time of day counts on the day that is played. */
function instant(text: string, dayStart: number): number | undefined {
  const ofDay = timeOfDay(text);
  if (ofDay !== undefined) return dayStart + Math.round(ofDay);
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

function known({ talkSeconds, patienceSeconds, caller, keys }: Row): Partial<Caller> {
  const ms = (text: string) => Math.round(Number(text) * 1000);
  return {
    ...(talkSeconds ? { talkMs: ms(talkSeconds) } : {}),
    ...(patienceSeconds ? { patienceMs: ms(patienceSeconds) } : {}),
    ...(caller ? { number: caller } : {}),
    ...(keys ? { keys: keys.split(' ') } : {}),
  };
}

/** RFC 4180: quotes around a cell, doubled inside. */
function cells(line: string, separator: string): string[] {
  const found = line.matchAll(new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g'));
  return [...found].map(([, quoted, plain = '']) => (quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
}
