/** What holds across tenants: what must be unique, and what all of them together may ask for. */
import { walkTenant } from './actions.js';
import type { TenantParts } from './parts.js';
import type { Path } from './problems.js';
import type { Source } from './source.js';

interface ReadTenant {
  readonly source: Source;
  readonly parts: TenantParts;
}

/** An agent who becomes idle looks at each lane that he matches at most once: this keeps a decision well below 1 ms. */
const mostLanes = 4_000;

/** Queue × rings × what keys add. */
function lanesOf(tenant: TenantParts): number {
  const needs = walkTenant(tenant).actions.flatMap(({ action }) =>
    typeof action === 'object' && 'queue' in action ? [JSON.stringify(action.queue.requires)] : [],
  );
  // Callers who wait to be called back have lanes of their own.
  const lines = tenant.queue?.callback === undefined ? 1 : 2;
  return lines * (1 + (tenant.queue?.rings?.length ?? 0)) * new Set(['{}', ...needs]).size;
}

function checkTogether(tenants: readonly ReadTenant[]): void {
  const guaranteed = new Map<string, number>();
  let lanes = 0;
  for (const { source, parts } of tenants) {
    const before = lanes;
    lanes += lanesOf(parts);
    if (before <= mostLanes && lanes > mostLanes) {
      const message = `with this tenant there are more than ${mostLanes} lanes (queues × rings × needs that keys add): use fewer rings or keys`;
      source.report(['queue'], message);
    }
    const pool = parts.queue?.pool;
    const percent = parts.share?.guaranteePercent ?? 0;
    if (pool === undefined || percent === 0) continue;
    const sum = (guaranteed.get(pool) ?? 0) + percent;
    guaranteed.set(pool, sum);
    if (sum > 100) {
      source.report(['share', 'guaranteePercent'], `makes ${sum} % of the pool ${pool} promised to tenants: at most 100 can be kept`);
    }
  }
}

export function checkSite(tenants: readonly ReadTenant[]): void {
  checkTogether(tenants);
  const ids = new Map<string, string>();
  const numbers = new Map<string, { readonly source: Source; readonly where: string }>();
  for (const { source, parts } of tenants) {
    const path: Path = ['id'];
    const twin = parts.id === undefined ? undefined : ids.get(parts.id);
    if (twin !== undefined) source.report(path, `the tenant ${parts.id} is already at ${twin}: each needs an id of its own`);
    else if (parts.id !== undefined) ids.set(parts.id, source.where(path));
    for (const [index, number] of (parts.numbers ?? []).entries()) {
      if (number === undefined) continue;
      const other = numbers.get(number);
      const here: Path = ['numbers', index];
      // Twice in one file is told by the tenant's own check.
      if (other !== undefined && other.source !== source) {
        source.report(here, `the number ${number} is already at ${other.where}: a number belongs to one tenant`);
      }
      if (other === undefined) numbers.set(number, { source, where: source.where(here) });
    }
  }
}
