/** The demo's tenants: those of demo/config, open (or closed) at any hour, so that the demo goes the same way at night. */
import { readFile } from 'node:fs/promises';
import { Document, parse } from 'yaml';

const folder = new URL('../../../demo/config/tenants/', import.meta.url);
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

export type DemoTenant = 'cabinet-martin' | 'maitre-durand';
export const demoTenants: readonly DemoTenant[] = ['cabinet-martin', 'maitre-durand'];

export interface DemoTenantFile {
  readonly name: string;
  readonly number: string;
  /** YAML */
  readonly content: string;
}

export async function demoTenant(tenant: DemoTenant, hours: 'open' | 'closed'): Promise<DemoTenantFile> {
  const yaml = parse(await readFile(new URL(`${tenant}.yaml`, folder), 'utf8')) as Record<string, unknown> & {
    readonly name: string;
    readonly numbers: readonly [string];
    readonly queue: object;
  };
  const spans = hours === 'open' ? ['00:00-24:00'] : [];
  const { holidays: _, ...rest } = yaml;
  const content = new Document({
    ...rest,
    hours: Object.fromEntries(days.map((day) => [day, spans])),
    // Nobody watching wants to wait for the desk work of a receptionist.
    queue: { ...yaml.queue, wrapUpSeconds: 2 },
  });
  return { name: yaml.name, number: yaml.numbers[0], content: content.toString() };
}
