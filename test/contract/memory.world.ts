/** The store in memory as a world for the contract. */
import { RoutingDomain } from '../../src/memory/routing-domain.js';
import { MemoryRoutingStore } from '../../src/memory/routing-store.js';
import { type RoutingWorld, start } from './routing-store.world.js';

export async function memoryWorld(): Promise<RoutingWorld> {
  const domain = new RoutingDomain();
  const world: RoutingWorld = {
    now: start,
    async open(name, heard) {
      const store = new MemoryRoutingStore({ domain, daemon: name, now: () => world.now });
      await store.start({ assigned: (assignment) => heard.push(assignment), ready: () => undefined, down: () => undefined });
      return store;
    },
    leave: (store) => store.close(),
    leftovers: async () => Array.from({ length: domain.calls }, () => 'call'),
    close: async () => undefined,
  };
  return world;
}
