/** Where a caller who presses nothing goes: the daemon must never hold anybody in a circle. */
import type { Path } from './problems.js';
import type { ActionYaml, MenuYaml, QueueYaml } from './schema-tenant.js';

type Silent = Pick<MenuYaml, 'onNoInput' | 'onInvalid'>;

export interface Flow {
  readonly menus: Readonly<Record<string, Partial<Silent> | undefined>>;
  readonly queue: Partial<Pick<QueueYaml, 'overflow' | 'noAgent' | 'agentsLeft' | 'full' | 'atClosing'>>;
}

/** A step that is taken without any key: from `from`, written at `path`, to `to`. A menu's name, or `queue`. */
interface SilentStep {
  readonly from: string;
  readonly to: string;
  readonly path: Path;
}

const QUEUE = 'the queue';

/** Where an action leads in the end, through the prompts in between. */
function targetOf(action: ActionYaml): string | undefined {
  if (typeof action === 'object') {
    if ('queue' in action) return QUEUE;
    if ('menu' in action) return `menu ${action.menu}`;
    return 'play' in action ? targetOf(action.then) : undefined;
  }
  // Who presses nothing while a callback is arranged waits on.
  return action === 'queue' || action === 'callback' ? QUEUE : undefined;
}

function silentSteps({ menus, queue }: Flow): readonly SilentStep[] {
  const written: { from: string; action: ActionYaml | undefined; path: Path }[] = [];
  for (const [name, menu] of Object.entries(menus)) {
    for (const key of ['onNoInput', 'onInvalid'] as const) {
      written.push({ from: `menu ${name}`, action: menu?.[key], path: ['menus', name, key] });
    }
  }
  for (const key of ['overflow', 'noAgent', 'agentsLeft', 'full', 'atClosing'] as const) {
    const action = queue[key];
    if (action !== 'wait') written.push({ from: QUEUE, action, path: ['queue', key] });
  }
  return written.flatMap(({ from, action, path }) => {
    const to = action === undefined ? undefined : targetOf(action);
    return to === undefined ? [] : [{ from, to, path }];
  });
}

export interface Loop {
  /** Where the step that closes the circle is written. */
  readonly path: Path;
  /** e.g. `menu a → menu b → menu a` */
  readonly way: string;
}

/**
 * The circles that a caller can be sent round without pressing a key that leads out. When there is none, every menu leads
 * such a caller to the queue, voicemail, a transfer or a hang-up, as each step leads to something not met before.
 */
export function silentLoops(flow: Flow): readonly Loop[] {
  const steps = silentSteps(flow);
  const done = new Set<string>();
  const loops: Loop[] = [];
  const visit = (name: string, way: readonly string[]): void => {
    for (const { to, path } of steps.filter(({ from }) => from === name)) {
      const start = way.indexOf(to);
      if (start >= 0) loops.push({ path, way: [...way.slice(start), to].join(' → ') });
      else if (!done.has(to)) visit(to, [...way, to]);
    }
    done.add(name);
  };
  for (const { from } of steps) if (!done.has(from)) visit(from, [from]);
  return loops;
}
