/** The demo's whole world: a switch, a Redis, the daemon, three desk phones. All its own, all gone at the end. */
import type { Asterisk } from '../../lab/asterisk.js';
import { tone } from '../../lab/audio.js';
import { createDaemon, type Daemon } from '../../lab/daemon.js';
import type { Freeswitch } from '../../lab/freeswitch.js';
import { startPhone } from '../../lab/phone.js';
import { type RedisServer, startRedis } from '../../lab/redis.js';
import { demoTenant, demoTenants } from './tenants.js';

export const receptionists = [
  { id: 'alice', name: 'Alice Moreau', user: '1001' },
  { id: 'benoit', name: 'Benoît Lefèvre', user: '1002' },
  { id: 'chloe', name: 'Chloé Garnier', user: '1003' },
] as const;

/** Known to whoever runs the demo, on loopback, for as long as it runs. */
export const phonePassword = 'demo-phone';

export interface Desk {
  readonly pbx: Freeswitch | Asterisk;
  readonly daemon: Daemon;
  close(): Promise<void>;
}

/** Callers hum at one pitch and agents at another, so that a recording shows who is on which channel. */
export const callerHertz = 440;
export const agentHertz = 1_000;

export async function openDesk(
  startSwitch: () => Promise<Freeswitch | Asterisk>,
  say: (line: string) => void,
  options: { readonly phones: boolean },
): Promise<Desk> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const pbx = await startSwitch();
    opened.push(() => pbx.stop());
    const what =
      pbx.kind === 'asterisk'
        ? `Asterisk ${pbx.version} runs with our dialplan/asterisk: ARI ${pbx.ariPort}`
        : `FreeSWITCH runs with our freeswitch-conf: event socket ${pbx.eslPort}`;
    say(`${what}, phones ${pbx.phonePort}, trunk ${pbx.trunkPort}`);
    const redis: RedisServer = await startRedis();
    opened.push(() => redis.stop());
    say(`Redis runs on port ${redis.port}`);

    const tenants = await Promise.all(demoTenants.map(async (tenant) => [tenant, (await demoTenant(tenant, 'open')).content] as const));
    const daemon = await createDaemon({
      pbx,
      redisUrl: redis.url,
      agents: receptionists.map(({ id, name, user }) => ({ id, name, phone: { user, password: phonePassword } })),
      tenants: Object.fromEntries(tenants),
    });
    opened.push(() => daemon.stop());
    await daemon.start();
    say(`telephony-core runs: ${daemon.url}/health/ready, /metrics; configuration in ${daemon.configDir}`);

    if (options.phones) {
      for (const { user } of receptionists) {
        const { phonePort, domain } = pbx;
        const phone = await startPhone({
          port: phonePort,
          domain,
          user,
          password: phonePassword,
          scenario: 'agent-hangs-up',
          ringMs: 1_500,
          talkMs: 4_000,
        });
        opened.push(() => phone.close());
        phone.media.say(tone(agentHertz, 1_000), true);
      }
      say(`three desk phones are registered: ${receptionists.map(({ name, user }) => `${name} (${user})`).join(', ')}`);
    }
    return { pbx, daemon, close };
  } catch (error) {
    await close();
    throw error;
  }
}
