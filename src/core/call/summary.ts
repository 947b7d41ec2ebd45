/** A call in progress, as those who look on from outside are told of it. */
import type { AgentId, CallId, NodeId, TenantId } from '../ids.js';
import type { Call, CallState } from './call.js';

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
  /** The agent who is offered the call or talks to the caller. */
  readonly agent: AgentId | undefined;
}

export function summaryOf(call: Call): CallSummary {
  const { state } = call;
  return {
    call: call.id,
    tenant: call.tenant,
    node: call.node,
    state: state.at,
    caller: call.caller,
    dialled: call.dialled,
    arrivedAt: call.arrivedAt,
    enqueuedAt: call.enqueuedAt,
    agent: 'offer' in state ? state.offer.agent : undefined,
  };
}
