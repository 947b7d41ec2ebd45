/** What an agent's code does. */
import { answerTo } from '../core/feature/answer.js';
import { type AskedWish, type Desk, wishOf } from '../core/feature/desk.js';
import type { FeatureRequest } from '../core/feature/session.js';
import type { Site } from '../core/site.js';
import type { Prompt } from '../core/tenant.js';
import { StoreUnavailable } from '../ports/routing-store.js';
import type { RoutingDesk } from './routing-desk.js';

export class FeatureActions {
  constructor(
    private readonly site: () => Site,
    private readonly desk: RoutingDesk,
  ) {}

  /** Resolves with what he hears of it. */
  async act(request: FeatureRequest): Promise<Prompt | undefined> {
    const { desk, agents } = this.site();
    const agent = agents.get(request.agent);
    if (agent === undefined) return desk.texts?.nobodysPhone;
    const wish = wishOf(asked(request, desk), desk);
    if (wish === undefined) return desk.texts?.unknownReason;
    try {
      const result = await this.desk.wish(agent, wish);
      return answerTo(request.verb, result, wish.do === 'pause' ? wish.reason : undefined, desk);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return desk.texts?.unavailable;
    }
  }
}

function asked({ verb, digits }: FeatureRequest, { pauseReasons }: Desk): AskedWish {
  switch (verb) {
    case 'pause':
      return { do: verb, reason: pauseReasons.find(({ digit }) => digit === digits[0])?.id };
    case 'extendWrapUp':
      return { do: verb, ms: undefined };
    default:
      return { do: verb };
  }
}
