import fc from 'fast-check';
import t from 'tap';
import { type Flow, silentLoops } from '../../../src/config/menu-graph.js';
import { type ActionYaml, type MenuYaml, menuSchema } from '../../../src/config/schema-tenant.js';

const menu = (onNoInput: ActionYaml, onInvalid: ActionYaml = 'hangup', key: ActionYaml = 'queue'): MenuYaml =>
  menuSchema.parse({ prompt: 'x', keys: { 1: key }, onNoInput, onInvalid });
const ways = (flow: Flow) => silentLoops(flow).map(({ path, way }) => `${path.join('.')}: ${way}`);

t.test('a circle by keys is no problem: the caller chooses to stay', async (t) => {
  const menus = { a: menu('queue', 'queue', { menu: 'b' }), b: menu('hangup', 'hangup', { menu: 'a' }) };
  t.same(ways({ menus, queue: { overflow: 'voicemail', noAgent: 'wait' } }), []);
});

t.test('a circle without keys is named once, where it closes', async (t) => {
  // biome-ignore lint/suspicious/noThenProperty: a step, not a promise
  const menus = { a: menu({ menu: 'b' }), b: menu('hangup', { play: 'x', then: { menu: 'c' } } as ActionYaml), c: menu({ menu: 'a' }) };
  t.same(ways({ menus, queue: {} }), ['menus.c.onNoInput: menu a → menu b → menu c → menu a']);
});

t.test('two circles are two problems', async (t) => {
  const menus = { a: menu({ menu: 'a' }, { menu: 'b' }), b: menu({ menu: 'a' }) };
  t.same(ways({ menus, queue: {} }), ['menus.a.onNoInput: menu a → menu a', 'menus.b.onNoInput: menu a → menu b → menu a']);
});

t.test('a menu that is not there is another check’s business', async (t) => {
  t.same(ways({ menus: { a: menu({ menu: 'nowhere' }) }, queue: {} }), []);
});

t.test('property: without a circle, whatever a silent caller meets, he comes to an end', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const action = fc.oneof(
    fc.constantFrom<ActionYaml>('queue', 'voicemail', 'hangup', { transfer: '+33199001001' }),
    fc.constantFrom(...names).map((name): ActionYaml => ({ menu: name })),
  );
  const flows = fc.record({
    menus: fc.record(Object.fromEntries(names.map((name) => [name, fc.tuple(action, action).map(([a, b]) => menu(a, b))]))),
    queue: fc.record({ overflow: action, noAgent: action }),
  });
  fc.assert(
    fc.property(flows, fc.infiniteStream(fc.boolean()), fc.constantFrom(...names), (flow, choices, start) => {
      const looping = silentLoops(flow).length > 0;
      let at: ActionYaml = { menu: start };
      for (let step = 0; step <= names.length + 1; step++) {
        const first: boolean = choices.next().value === true;
        if (at === 'queue') at = first ? flow.queue.overflow : flow.queue.noAgent;
        else if (typeof at === 'object' && 'menu' in at) {
          const here: MenuYaml | undefined = flow.menus[at.menu];
          if (here === undefined) throw new Error('no such menu');
          at = first ? here.onNoInput : here.onInvalid;
        } else return;
      }
      if (!looping) throw new Error(`still going after every place was met once: ${JSON.stringify(flow)}`);
    }),
    { numRuns: 500 },
  );
});
