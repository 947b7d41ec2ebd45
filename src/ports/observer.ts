/** Who looks on while calls move, e.g. the API's stream of events. Like metrics: cheap, synchronous, never throws. */
import type { Call } from '../core/call/call.js';

export interface CallObserver {
  /** After a transition, before its effects. `before` undefined: new here (arrived or taken up again). */
  callChanged(before: Call | undefined, call: Call): void;
  /** It is another daemon's now. */
  callLeft(call: Call): void;
}

export const unobserved: CallObserver = { callChanged: () => undefined, callLeft: () => undefined };

export function everyObserver(observers: readonly CallObserver[]): CallObserver {
  return {
    callChanged: (before, call) => {
      for (const observer of observers) observer.callChanged(before, call);
    },
    callLeft: (call) => {
      for (const observer of observers) observer.callLeft(call);
    },
  };
}
