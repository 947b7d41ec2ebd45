/** Open or closed, looked up once a minute and tenant: asking the timetable costs more than the rest of a simulated call. */
import type { TenantId } from '../core/ids.js';
import { openingAt } from '../core/schedule/opening.js';
import type { Opening } from '../core/schedule/schedule.js';
import type { Tenant } from '../core/tenant.js';

export class Openings {
  readonly #known = new Map<TenantId, { readonly minute: number; readonly opening: Opening }>();

  at({ id, schedule }: Pick<Tenant, 'id' | 'schedule'>, now: number): Opening {
    const minute = Math.floor(now / 60_000);
    const known = this.#known.get(id);
    if (known?.minute === minute) return known.opening;
    const opening = openingAt(schedule, now);
    this.#known.set(id, { minute, opening });
    return opening;
  }
}
