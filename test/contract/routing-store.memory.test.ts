import t from 'tap';
import { memoryWorld } from './memory.world.js';
import { routingModel } from './routing.model.js';
import { routingDutyContract } from './routing-duty.contract.js';
import { routingOutlookContract } from './routing-outlook.contract.js';
import { ownAgentContract } from './routing-own-agent.contract.js';
import { ringAllContract } from './routing-ring-all.contract.js';
import { severalCallsContract } from './routing-several.contract.js';
import { routingSkillsContract } from './routing-skills.contract.js';
import { routingStoreContract } from './routing-store.contract.js';

await t.test('contract', (t) => routingStoreContract(t, memoryWorld));
await t.test('skills', (t) => routingSkillsContract(t, memoryWorld));
await t.test('outlook', (t) => routingOutlookContract(t, memoryWorld));
await t.test('ring all', (t) => ringAllContract(t, memoryWorld));
await t.test('own agent', (t) => ownAgentContract(t, memoryWorld));
await t.test('duty', (t) => routingDutyContract(t, memoryWorld));
await t.test('several calls', (t) => severalCallsContract(t, memoryWorld));
await t.test('model', (t) => routingModel(t, undefined, { runs: 200, length: 300 }));
