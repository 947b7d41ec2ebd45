/** How each tenant's promise is kept today: the queued calls that ended on this daemon, since midnight where the tenant is. */
import type { Call } from './core/call/call.js';
import type { TenantId } from './core/ids.js';
import type { Site } from './core/site.js';
import type { Tenant } from './core/tenant.js';
import type { Clock } from './ports/clock.js';
import type { CallObserver } from './ports/observer.js';
import type { ServiceLevelToday } from './ports/operations.js';

interface Day extends ServiceLevelToday {
  readonly date: string;
}

export class ServiceLevels implements CallObserver {
  readonly #days = new Map<TenantId, Day>();
  readonly #dates = new Map<string, Intl.DateTimeFormat>();

  constructor(
    private readonly site: () => Site,
    private readonly clock: Clock,
  ) {}

  callChanged(before: Call | undefined, call: Call): void {
    const tenant = this.site().tenants.get(call.tenant);
    if (call.ended === undefined || before?.ended !== undefined || call.enqueuedAt === undefined || tenant === undefined) return;
    const day = this.#day(tenant);
    const waitMs = (call.answeredByAgentAt ?? call.ended.at) - call.enqueuedAt;
    const answered = call.answeredByAgentAt !== undefined;
    this.#days.set(tenant.id, {
      ...day,
      queued: day.queued + 1,
      answered: day.answered + (answered ? 1 : 0),
      answeredInTime: day.answeredInTime + (answered && waitMs <= tenant.serviceLevel.withinMs ? 1 : 0),
      abandoned: day.abandoned + (call.ended.outcome === 'abandoned' && !answered ? 1 : 0),
    });
  }

  callLeft(): void {
    // Its end is the other daemon's to count.
  }

  today(tenant: Tenant): ServiceLevelToday {
    const { queued, answered, answeredInTime, abandoned } = this.#day(tenant);
    return { queued, answered, answeredInTime, abandoned };
  }

  #day(tenant: Tenant): Day {
    const date = this.#date(tenant.schedule.timezone);
    const day = this.#days.get(tenant.id);
    return day?.date === date ? day : { date, queued: 0, answered: 0, answeredInTime: 0, abandoned: 0 };
  }

  #date(timeZone: string): string {
    const format = this.#dates.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
    this.#dates.set(timeZone, format);
    return format.format(this.clock.now());
  }
}
