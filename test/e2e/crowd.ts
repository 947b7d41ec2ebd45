/** Many callers and many agents at once: SIPp, since a test's own phones would measure the test. */
import { randomInt } from 'node:crypto';
import type { LabAgent } from '../../src/lab/daemon.js';
import {
  type AgentScenario,
  type CallerScenario,
  register,
  type Sipp,
  type SippResult,
  startAgent,
  startCallers,
} from '../../src/lab/sipp.js';
import type { Site } from './site.js';

export interface Crew {
  readonly scenario: AgentScenario;
  readonly count: number;
  readonly ringMs?: number;
  readonly talkMs?: number;
}

/** Agents of one kind share a SIPp process, hence a port; each has an account of his own. */
export function crewAgents(crews: readonly Crew[]): readonly LabAgent[] {
  return crews
    .flatMap(({ count }) => Array.from({ length: count }))
    .map((_, i) => ({
      id: `crew-${i}`,
      name: `Crew ${i}`,
      phone: { user: `20${String(i).padStart(2, '0')}`, password: `lab-secret-${i}` },
    }));
}

/** Starts the crews' phones and registers them. */
export async function crewsArrive(site: Site, crews: readonly Crew[], teardown: (stop: () => Promise<unknown>) => void): Promise<void> {
  const accounts = crewAgents(crews).flatMap(({ phone }) => ('user' in phone ? [phone] : []));
  let next = 0;
  for (const { count, ...options } of crews) {
    const sipp = await startAgent(options);
    teardown(() => sipp.kill());
    const phones = accounts.slice(next, next + count).map((account) => ({ ...account, phonePort: sipp.port }));
    next += count;
    const result = await register({ port: site.pbx.phonePort, domain: site.pbx.domain, phones });
    if (!result.ok) throw new Error(`the crew was not registered: ${result.unexpected}`);
  }
}

export interface Wave {
  readonly scenario: CallerScenario;
  readonly number: string;
  readonly count: number;
  readonly rate: number;
  /** Longest patience, ms; each caller's is drawn. */
  readonly patienceMs: number;
  readonly receiveTimeoutMs?: number;
}

export interface Running {
  readonly sipp: Sipp;
  readonly finished: Promise<SippResult>;
  /** Each caller's own number. */
  readonly callers: readonly string[];
}

export async function wave(
  site: Site,
  index: number,
  { scenario, number, count, rate, patienceMs, receiveTimeoutMs }: Wave,
): Promise<Running> {
  const callers = Array.from({ length: count }, (_, i) => `08${String(index * 100_000 + i).padStart(8, '0')}`);
  const start = () =>
    startCallers({
      scenario,
      port: site.pbx.trunkPort,
      calls: callers.map((caller) => ({ number, caller, callerName: `Caller ${caller}`, ms: randomInt(patienceMs) })),
      rate,
      timeoutMs: 120_000,
      ...(receiveTimeoutMs === undefined ? {} : { receiveTimeoutMs }),
    });
  let sipp = await start();
  // Somebody else may have taken one of its ports meanwhile.
  await sipp.ready().catch(async () => {
    sipp = await start();
    await sipp.ready();
  });
  return { sipp, finished: sipp.finished, callers };
}

/**
 * Callers who give up at about the moment when they are answered. Not SIPp: where its CANCEL and the 200 cross it leaves the
 * call standing, as no phone would.
 */
export async function giveUp(
  site: Site,
  { number, count, rate }: { number: string; count: number; rate: number },
): Promise<readonly string[]> {
  const going: Promise<string>[] = [];
  for (let i = 0; i < count; i++) {
    going.push(
      site.dial(number).then(async (call) => {
        await pause(randomInt(80));
        await call.hangUp();
        return call.from;
      }),
    );
    await pause(1_000 / rate);
  }
  return await Promise.all(going);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is there more than once. */
export function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, i) => values.indexOf(value) !== i);
}
