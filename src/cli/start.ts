/** `telephony-core start DIR`: the daemon. */
import { createApp } from '../app.js';
import { load } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import { createLog } from '../log.js';
import { EXIT, type Io } from './io.js';

/**
 * Runs until it is told to leave. SIGTERM and SIGINT drain (a second one leaves at once), SIGHUP reloads.
 */
export async function start(argv: readonly string[], { err, env }: Io): Promise<number> {
  const [dir, ...rest] = argv;
  if (dir === undefined || dir.startsWith('-') || rest.length > 0) {
    err('Usage: telephony-core start DIR');
    return EXIT.usage;
  }
  const loaded = await load(dir, env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) err(formatProblem(problem));
    return EXIT.configuration;
  }
  const { config } = loaded;
  const log = createLog({ level: config.logLevel });

  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  let draining = false;
  const drain = () => {
    if (draining) return leave();
    draining = true;
    app.drain().then(leave, leave);
  };
  const app = await createApp({ config, env, log, onDrain: () => draining || drain() });
  const signals = { SIGTERM: drain, SIGINT: drain, SIGHUP: () => void reload() };
  const reload = () =>
    app
      .reload()
      .catch((error: unknown) =>
        log.error({ err: error }, 'reload failed before anything was changed: the old configuration stays in force'),
      );
  for (const [signal, act] of Object.entries(signals)) process.on(signal, act);
  try {
    await app.start();
    await left;
    log.info({}, 'leaving');
    await app.stop();
    return EXIT.ok;
  } catch (error) {
    log.error({ err: error }, 'the daemon could not start');
    await app.stop();
    return EXIT.failed;
  } finally {
    for (const [signal, act] of Object.entries(signals)) process.off(signal, act);
  }
}
