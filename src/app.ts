/** The only place where the parts are put together. */

import { connectAsterisk } from './asterisk/connect.js';
import { systemClock } from './clock.js';
import type { Config, PbxNode } from './config/config.js';
import { load } from './config/load.js';
import { Engine } from './engine/engine.js';
import { connectFreeswitch, type FreeswitchOptions } from './freeswitch/connect.js';
import { Archive } from './history/archive.js';
import { CombinedHistory } from './history/combined.js';
import { JsonlHistory } from './history/jsonl.js';
import { Feed } from './http/events/feed.js';
import { createHttp } from './http/server.js';
import { renderPrompts } from './media/render.js';
import { FailoverRoutingStore } from './memory/failover.js';
import { MemoryRoutingStore } from './memory/routing-store.js';
import { createPrometheus } from './metrics/prometheus.js';
import { createOperations } from './operations.js';
import { syncPhones } from './phones.js';
import { PinDesk } from './pins.js';
import type { Log } from './ports/log.js';
import { everyObserver } from './ports/observer.js';
import type { ReloadResult } from './ports/operations.js';
import { RedisCallStore } from './redis/call-store.js';
import { RedisCallbackStore } from './redis/callback-store.js';
import { RedisHistory } from './redis/history.js';
import { RedisLink } from './redis/link.js';
import { RedisRecords } from './redis/records.js';
import { RedisRoutingStore } from './redis/store.js';
import { createReload } from './reload.js';
import { ServiceLevels } from './service-level.js';
import { version } from './version.js';

export interface App {
  /** Resolves when the parts run; the PBX and Redis may still be away, and are waited for. Rejects when a port is taken. */
  start(): Promise<{ readonly httpPort: number }>;
  /** Reads the configuration folder again. A bad one changes nothing; rejects when nothing was changed either. */
  reload(): Promise<ReloadResult>;
  /** Takes no new calls; resolves when the last call has ended or `drainMs` have passed. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export interface AppParts {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Asked for by the API; the process decides what follows. */
  onDrain(): void;
}

export async function createApp({ config: first, env, log, onDrain }: AppParts): Promise<App> {
  let config = first;
  const site = () => config.site;
  const clock = systemClock;

  const link = new RedisLink({ url: config.redis.url, onLatency: (verb, ms) => metrics.redisLatency(verb, ms) });
  const routing = new FailoverRoutingStore(
    new RedisRoutingStore({ link, keyPrefix: config.redis.keyPrefix }),
    () => new MemoryRoutingStore({ now: clock.now }),
    (err) => log.error({ err }, 'routing cannot change its store'),
  );
  const metrics = createPrometheus({ version, clock, routing: () => routing.stats() });
  const calls = new RedisCallStore({
    link,
    keyPrefix: config.redis.keyPrefix,
    onUnreadable: (call, err) => log.error({ err, call }, 'a saved call cannot be read'),
  });
  const callbacks = new RedisCallbackStore({ link, keyPrefix: config.redis.keyPrefix });
  const file = config.records.file === undefined ? undefined : new JsonlHistory({ file: config.records.file });
  const history = new CombinedHistory(
    [
      ...(file === undefined ? [] : [file]),
      new RedisHistory({ link, keyPrefix: config.redis.keyPrefix, streamLength: config.records.streamLength }),
    ],
    { clock, onFailure: (err, waiting) => log.error({ err, waiting }, 'call records wait to be written') },
  );
  const peers = new Map(config.nodes.flatMap(({ id, peer }) => (peer === undefined ? [] : [[id, peer] as const])));
  const nodes = config.nodes.map((node) =>
    connect(node, {
      peers,
      devices: () => [...config.site.agents.values()].map(({ device }) => device).filter((device) => device.node === node.id),
      clock,
      metrics,
      log: log.child({ node: node.id }),
    }),
  );
  const feed = new Feed({ clock });
  const pins = new PinDesk({ pins: () => config.supervision.pins, limits: () => config.supervision, clock });
  const serviceLevels = new ServiceLevels(site, clock);
  const records = new Archive(new RedisRecords({ link, keyPrefix: config.redis.keyPrefix }), config.records.file);
  const engine = new Engine({
    site,
    pins,
    nodes,
    routing,
    calls,
    callbacks,
    history,
    clock,
    metrics,
    observer: everyObserver([feed, serviceLevels]),
    log,
  });
  const operations = createOperations({
    version,
    engine,
    routing,
    callbacks,
    site,
    nodes,
    clock,
    records,
    serviceLevels,
    reload: () => reload(),
    drain: onDrain,
  });
  const http = createHttp({ ...config.http, tokens: () => config.http.tokens, site, operations, feed, metrics, clock, log });

  const reload = createReload({
    log,
    load: () => load(config.dir, env),
    render: ({ renderings }) => renderPrompts(renderings),
    take(next) {
      const restart = needRestart(config, next);
      if (restart.length > 0) log.warn({ restart }, 'these changes take effect when the daemon is started again');
      config = {
        ...next,
        nodes: config.nodes,
        redis: config.redis,
        http: { ...config.http, tokens: next.http.tokens },
        records: config.records,
      };
    },
    tell: {
      'the phones’ directory could not be renewed: new phones cannot register': writePhones,
      'the agents could not all be told: what is missing follows when Redis or the node is back': () => engine.reconfigured(),
      'the file of call records could not be opened again': async () => file?.reopen(),
    },
  });

  /** Every node's, whatever becomes of the others'. */
  async function writePhones(): Promise<void> {
    const written = await Promise.allSettled(
      nodes.map(async (pbx) => {
        const node = config.nodes.find(({ id }) => id === pbx.node);
        if (node !== undefined && (await syncPhones(node, config.phones))) await pbx.reloadDirectory();
      }),
    );
    for (const result of written) if (result.status === 'rejected') throw result.reason;
  }

  return {
    async start() {
      const { made } = await renderPrompts(config.renderings);
      if (made > 0) log.info({ made }, 'prompts were spoken');
      await writePhones();
      await engine.start();
      const { port } = await http.start();
      log.info({ version, http: `${config.http.host}:${port}`, nodes: nodes.map(({ node }) => node) }, 'telephony-core runs');
      return { httpPort: port };
    },
    reload,
    async drain() {
      log.info({ drainMs: config.drainMs }, 'draining: no new calls; until we have left, the dialplan sends them to its fallback');
      let stopWaiting: () => void = () => undefined;
      const limit = new Promise<void>((resolve) => {
        stopWaiting = clock.after(config.drainMs, resolve);
      });
      await Promise.race([engine.drain(), limit]);
      stopWaiting();
    },
    async stop() {
      await http.close();
      await engine.stop();
      history.close();
      await link.close();
      await file?.close();
    },
  };
}

function connect(node: PbxNode, around: Pick<FreeswitchOptions, 'peers' | 'devices' | 'clock' | 'metrics' | 'log'>) {
  return node.kind === 'freeswitch' ? connectFreeswitch({ ...node, ...around }) : connectAsterisk({ ...node, ...around });
}

/** Settings that are read once, at the start. */
function needRestart(before: Config, after: Config): string[] {
  const parts = ['nodes', 'redis', 'http', 'records'] as const;
  // A token that is withdrawn must be worth nothing at once.
  const text = (config: Config, part: (typeof parts)[number]) => JSON.stringify({ ...config[part], tokens: undefined });
  return parts.filter((part) => text(before, part) !== text(after, part));
}
