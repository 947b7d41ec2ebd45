/** A call in progress, as those who look on from outside are told of it. */
import type { AgentId, CallId, NodeId, SupervisorId, TenantId } from '../ids.js';
import { type Call, type CallState, ringing } from './call.js';
import type { SupervisionMode } from './supervised.js';

/** Times are epoch ms. `caller` is raw: whoever shows it masks it. */
export interface CallSummary {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly node: NodeId;
  readonly state: CallState['at'];
  readonly caller: { readonly number: string; readonly name: string };
  readonly dialled: string;
  readonly arrivedAt: number;
  readonly enqueuedAt: number | undefined;
  /** The agent who is offered the call, waits while the caller is called back, or talks to him; with ring all, the first of those whose phones ring. */
  readonly agent: AgentId | undefined;
  /** All of them. */
  readonly agents: readonly AgentId[];
  /** Who hears the talk; `attending` false: his phone rings. For those to see who may listen themselves. */
  readonly supervision: { readonly supervisor: SupervisorId; readonly mode: SupervisionMode; readonly attending: boolean } | undefined;
}

function agentsOf(state: CallState): readonly AgentId[] {
  if (state.at === 'connected' || state.at === 'callingBack') return [state.offer.agent];
  return ringing(state).map(({ offer }) => offer.agent);
}

export function summaryOf(call: Call): CallSummary {
  const { state, supervision } = call;
  const agents = agentsOf(state);
  return {
    call: call.id,
    tenant: call.tenant,
    node: call.node,
    state: state.at,
    caller: call.caller,
    dialled: call.dialled,
    arrivedAt: call.arrivedAt,
    enqueuedAt: call.enqueuedAt,
    agent: agents[0],
    agents,
    supervision: supervision && {
      supervisor: supervision.supervisor,
      mode: supervision.mode,
      attending: supervision.phase === 'attending',
    },
  };
}
