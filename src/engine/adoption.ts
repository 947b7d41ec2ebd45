/**
 * Taking a node over: after a start, a reconnection or another daemon's death. The PBX is the truth about legs, the call
 * store about where each caller stood. Every unbridged caller is brought back to a guarded park and goes on from there;
 * bridged ones are not touched.
 */
import type { Call } from '../core/call/call.js';
import type { CallId, LegId } from '../core/ids.js';
import type { CallStore } from '../ports/call-store.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { LegSnapshot, Pbx } from '../ports/pbx.js';
import type { CallRunner } from './runner.js';

export interface AdoptionParts {
  readonly calls: CallStore;
  readonly clock: Clock;
  readonly log: Log;
  runner(call: CallId): CallRunner | undefined;
  runnersOf(node: Pbx['node']): readonly CallRunner[];
  /** Runs a call that another daemon began; `undefined`: it cannot be served any more. */
  resume(call: Call): CallRunner | undefined;
  /** A caller of whom only the leg is known. */
  arrive(leg: LegSnapshot): Promise<void>;
  ownsLeg(leg: LegId): boolean;
}

/** `show channels` may miss legs younger than 500 ms (FREESWITCH.md): a second look after this, ms. */
const secondLookMs = 1_000;

export async function adoptNode(pbx: Pbx, parts: AdoptionParts): Promise<void> {
  const saved = await parts.calls.load(pbx.node).catch((err: unknown) => {
    parts.log.warn({ err, node: pbx.node }, 'saved calls cannot be read: callers are taken up from what their legs remember');
    return new Map<CallId, Call>();
  });
  // Calls that run here already (the connection was lost for a while), and those of a dead daemon.
  const running = parts.runnersOf(pbx.node);
  const resumed = [...saved.values()].filter((call) => parts.runner(call.id) === undefined).flatMap((call) => parts.resume(call) ?? []);

  const legs = await pbx.legs();
  const byId = new Map(legs.map((leg) => [leg.leg, leg]));
  await Promise.all([...running, ...resumed].map((runner) => reconcile(pbx, runner, byId.get(runner.call.leg))));
  const seen = new Set<LegId>();
  await welcome(pbx, parts, legs, seen);

  parts.clock.after(secondLookMs, () => {
    if (!pbx.up) return;
    pbx
      .legs()
      .then((again) => welcome(pbx, parts, again, seen))
      .catch((err: unknown) => parts.log.error({ err, node: pbx.node }, 'second look at the node failed'));
  });
}

/** Where the caller of a known call is now. */
async function reconcile(pbx: Pbx, runner: CallRunner, leg: LegSnapshot | undefined): Promise<void> {
  const { call } = runner;
  if (leg?.bridgedTo !== undefined) runner.dispatch({ type: 'bridged', leg: call.leg, other: leg.bridgedTo });
  // The snapshot may lag behind; the channel itself does not.
  else if (leg !== undefined || (await pbx.exists(call.leg))) await pbx.adopt(call.leg);
  else runner.dispatch({ type: 'vanished' });
}

/** Legs that belong to no call. */
async function welcome(pbx: Pbx, parts: AdoptionParts, legs: readonly LegSnapshot[], seen: Set<LegId>): Promise<void> {
  for (const leg of legs) {
    if (seen.has(leg.leg) || parts.ownsLeg(leg.leg) || leg.bridgedTo !== undefined) continue;
    seen.add(leg.leg);
    if (leg.role === 'caller') await parts.arrive(leg);
    // An agent's phone that rings for a call of which nobody knows.
    else if (leg.role === 'ours') await pbx.hangup(leg.leg, 'cancel');
  }
}
