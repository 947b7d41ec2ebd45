/** What must be unique across tenants. */
import type { TenantParts } from './parts.js';
import type { Path } from './problems.js';
import type { Source } from './source.js';

interface ReadTenant {
  readonly source: Source;
  readonly parts: TenantParts;
}

export function checkSite(tenants: readonly ReadTenant[]): void {
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
