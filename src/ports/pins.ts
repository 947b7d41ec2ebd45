/** Whether a supervisor typed his PIN. */
import type { SupervisorId } from '../core/ids.js';

/** `locked`: the right one is refused now as well. */
export type PinResult = 'right' | 'wrongPin' | 'locked';

export interface Pins {
  check(supervisor: SupervisorId, typed: string): Promise<PinResult>;
}
