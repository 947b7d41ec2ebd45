/** What is measured. Every method is cheap, synchronous and never throws: a measurement must not disturb a call. */
import type { CallState } from '../core/call/call.js';
import type { CallRecord } from '../core/call/record.js';
import type { SupervisionMode } from '../core/call/supervised.js';
import type { NodeId, TenantId } from '../core/ids.js';

export type StateName = CallState['at'];
/** What came of one command to a PBX: done, refused by the PBX (`-ERR`), or never answered. */
export type CommandResult = 'ok' | 'refused' | 'failed';

export interface Metrics {
  /**
   * A call moved. `from` undefined: new here (arrived or taken up again). `to` undefined: it is another daemon's now;
   * `to: 'ended'` takes it out as well.
   */
  callState(tenant: TenantId, from: StateName | undefined, to: StateName | undefined): void;
  /** Once a call, with its record. */
  callEnded(record: Pick<CallRecord, 'tenant' | 'outcome'> & Partial<Pick<CallRecord, 'callback'>>): void;
  /** From the PBX's stamp on an event to the moment when we handle it, ms. Clock skew between the hosts is in it. */
  eventLag(node: NodeId, ms: number): void;
  /** From `enqueue` being sent to the agent's INVITE being asked for, for a call that found an agent at once, ms. */
  offerLatency(ms: number): void;
  /** What a caller was told about his wait, and how long it took from then on until an agent answered, ms. */
  waitEstimated(tenant: TenantId, toldMs: number, waitedMs: number): void;
  /** One round trip of one verb, ms. */
  redisLatency(verb: string, ms: number): void;
  pbxUp(node: NodeId, up: boolean): void;
  pbxCommand(node: NodeId, result: CommandResult): void;
  /** An event that no part of the daemon knows: ignored, but counted. */
  unknownEvent(node: NodeId): void;
  redisUp(up: boolean): void;
  /** A supervisor began to hear a talk in this mode, or tried to in vain. */
  supervision(mode: SupervisionMode, result: 'attended' | 'refused'): void;
}

/** The Prometheus page, for the HTTP server. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Measures nothing. */
export const unmeasured: Metrics = {
  callState: () => undefined,
  callEnded: () => undefined,
  eventLag: () => undefined,
  offerLatency: () => undefined,
  waitEstimated: () => undefined,
  redisLatency: () => undefined,
  pbxUp: () => undefined,
  pbxCommand: () => undefined,
  unknownEvent: () => undefined,
  redisUp: () => undefined,
  supervision: () => undefined,
};
