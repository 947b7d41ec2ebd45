/** What an agent's code does, and what he hears of it. */
import type { FeatureText, FeatureVerb } from '../core/feature/desk.js';
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

  async act({ agent: id, verb }: FeatureRequest): Promise<Prompt | undefined> {
    const { desk, agents } = this.site();
    const agent = agents.get(id);
    if (agent === undefined) return desk.texts?.nobodysPhone;
    try {
      await this.desk.sign(agent, verb === 'signOut' ? 'out' : 'in');
      return desk.texts?.[done[verb]];
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return desk.texts?.unavailable;
    }
  }
}

const done: Readonly<Record<FeatureVerb, FeatureText>> = {
  signIn: 'signedIn',
  signOut: 'signedOut',
  pause: 'unavailable',
  ready: 'ready',
  extendWrapUp: 'unavailable',
};
