/**
 * Taking a node over: after a start, a reconnection or another daemon's death. The PBX is the truth about legs, the call
 * store about where each caller stood. Every unbridged caller is brought back to a guarded park and goes on from there;
 * bridged ones are not touched.
 */
import type { Call } from '../core/call/call.js';
import { lineOf } from '../core/call/line.js';
import { limits } from '../core/call/step.js';
import type { CallId, LegId } from '../core/ids.js';
import type { CallStore } from '../ports/call-store.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { LegSnapshot, Pbx } from '../ports/pbx.js';
import type { CallBook } from './call-book.js';
import type { CallRunner } from './runner.js';

export interface AdoptionParts {
  readonly calls: CallStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly book: CallBook;
  /** Another daemon had the node meanwhile: this call is over, or has moved on without us. */
  forget(runner: CallRunner): void;
  /** Runs a call that another daemon began; `undefined`: it cannot be served any more. */
  resume(call: Call): CallRunner | undefined;
  /** These calls are ours from now on, before their callers are fetched. */
  taken(runners: readonly CallRunner[]): void;
  /** A caller of whom only the leg is known. The result: he is ours, and was told to come back. */
  arrive(leg: LegSnapshot): Promise<CallRunner | undefined>;
}

/**
 * `show channels` may miss legs younger than 500 ms (FREESWITCH.md), so there are further looks, ms apart. By the next one whoever was
 * told to come back has come: who has not was carried off, e.g. by a guard that fired just then.
 */
const nextLookMs = 1_000;

export async function adoptNode(pbx: Pbx, parts: AdoptionParts): Promise<readonly CallRunner[]> {
  const saved = await parts.calls.load(pbx.node).catch((err: unknown) => {
    parts.log.warn({ err, node: pbx.node }, 'saved calls cannot be read: callers are taken up from what their legs remember');
    return undefined;
  });
  // Its calls sleep on: woken, they would be timed behind its back.
  if (!pbx.up) throw new Error('the node was lost before its calls were taken up');
  if (saved !== undefined) forgetOlder(pbx, parts, saved);
  // Calls that run here already (the connection was lost for a while), and those of another daemon.
  const running = parts.book.of(pbx.node);
  const others = [...(saved?.values() ?? [])].filter((call) => !parts.book.knows(call.id));
  const all = [...running, ...others.flatMap((call) => parts.resume(call) ?? [])];
  for (const runner of all) runner.wake(limits.answer);
  parts.taken(all);
  await look(pbx, parts, all, new Set());
  return all;
}

/** While we had lost the node another daemon may have had it, and lost it again: what it saved is newer than what we know. */
function forgetOlder(pbx: Pbx, parts: AdoptionParts, saved: ReadonlyMap<CallId, Call>): void {
  for (const runner of parts.book.of(pbx.node)) {
    const known = saved.get(runner.call.id);
    if (known === undefined || known.revision > runner.savedRevision) parts.forget(runner);
  }
}

/** Finds out where each caller is. Those who are not back by the next look, and legs that nobody knew yet, are looked for again. */
async function look(pbx: Pbx, parts: AdoptionParts, runners: readonly CallRunner[], seen: Set<LegId>, again = false): Promise<void> {
  for (const runner of runners) runner.fetch();
  const legs = await pbx.legs();
  const byId = new Map(legs.map((leg) => [leg.leg, leg]));
  // First: a caller who is fetched is offered at once, perhaps to the agent whose phone has such a leg.
  await dismiss(pbx, strays('ours', legs, parts));
  await Promise.all(runners.map((runner) => reconcile(pbx, runner, byId)));
  const fetched = [...runners, ...(await welcome(parts, legs, seen))];
  parts.clock.after(nextLookMs, () => {
    const missing = fetched.filter((runner) => runner.fetching && parts.book.find(runner.call.id) === runner);
    if (!pbx.up || (again && missing.length === 0)) return;
    look(pbx, parts, missing, seen, true).catch((err: unknown) => {
      if (pbx.up) parts.log.error({ err, node: pbx.node }, 'another look at the node failed');
    });
  });
}

/** Tells the call where its caller is now, or fetches him: `parked` tells it then. Neither: it is not known yet. */
async function reconcile(pbx: Pbx, runner: CallRunner, legs: ReadonlyMap<LegId, LegSnapshot>): Promise<void> {
  const line = lineOf(runner.call);
  if (line === undefined) return runner.dispatch({ type: 'adopted' });
  const leg = legs.get(line);
  if (leg?.bridgedTo !== undefined) return runner.dispatch({ type: 'bridged', leg: line, other: leg.bridgedTo });
  // The snapshot may lag behind; the channel itself does not. One that was bridged meanwhile is not torn away: `adopt` sees to it.
  if ((leg !== undefined || (await pbx.exists(line))) && ((await pbx.adopt(line)) || (await pbx.exists(line)))) return;
  // Only a PBX that answers can say that the leg is gone.
  if (pbx.up) runner.dispatch({ type: 'vanished' });
}

/** Legs that no call needs. */
function strays(role: LegSnapshot['role'], legs: readonly LegSnapshot[], { book }: AdoptionParts): readonly LegSnapshot[] {
  return legs.filter((leg) => leg.role === role && !book.needs(leg.leg) && leg.bridgedTo === undefined);
}

/** The phones of agents that ring for a call of which nobody knows, or that has gone on without them. */
async function dismiss(pbx: Pbx, legs: readonly LegSnapshot[]): Promise<void> {
  await Promise.all(legs.map(({ leg }) => pbx.hangup(leg, 'cancel')));
}

/** Callers who belong to no call. The result: those of them who were told to come back. */
async function welcome(parts: AdoptionParts, legs: readonly LegSnapshot[], seen: Set<LegId>): Promise<readonly CallRunner[]> {
  const fetched: CallRunner[] = [];
  for (const caller of strays('caller', legs, parts)) {
    if (seen.has(caller.leg)) continue;
    seen.add(caller.leg);
    const runner = await parts.arrive(caller);
    if (runner !== undefined) fetched.push(runner);
  }
  return fetched;
}
