/** `telephony-core demo`: a whole desk on free ports, calls placed to it, and what happens to them. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { until } from '../lab/child.js';
import { type CallRecord, playActs } from './demo/acts.js';
import { type Desk, openDesk, phonePassword, receptionists } from './demo/desk.js';
import { Narrator } from './demo/narrator.js';
import { findSwitch, isSwitchKind, type SwitchKind } from './demo/switch.js';
import { demoTenant, demoTenants } from './demo/tenants.js';
import { EXIT, type Io } from './io.js';
import { table } from './table.js';

export async function demo(argv: readonly string[], io: Io): Promise<number> {
  const options = parse(argv);
  if (options === undefined) {
    io.err('Usage: telephony-core demo [--hold] [--pbx freeswitch|asterisk]');
    return EXIT.usage;
  }
  const { hold, pbx } = options;
  const found = await findSwitch(pbx, io.env, io.out);
  if (found.start === undefined) {
    io.err(found.missing);
    return EXIT.failed;
  }
  // The desk's programs end with this process in any case; this lets it also remove their folders.
  const interrupted = once(process, 'SIGINT').then(() => 'interrupted' as const);
  let desk: Desk | undefined;
  try {
    desk = await openDesk(found.start, io.out, { phones: !hold });
    const tenants = await Promise.all(demoTenants.map(async (id) => [id, (await demoTenant(id, 'open')).name] as const));
    const narrator = new Narrator(io.out, {
      tenants: Object.fromEntries(tenants),
      agents: Object.fromEntries(receptionists.map(({ id, name, user }) => [id, `${name} (${user})`])),
    });
    desk.daemon.onOutput((text) => narrator.hear(text));
    if (hold) {
      await explainHold(desk, io);
      await interrupted;
      return EXIT.ok;
    }
    const played = await Promise.race([playActs(desk, io.out), interrupted]);
    if (played === 'interrupted') return EXIT.failed;
    // Log lines come a moment after what they tell.
    await until('the end of the last call', async () => (narrator.told >= played.length ? true : undefined), { timeoutMs: 2_000 });
    return summarize(played, io);
  } finally {
    await desk?.close();
  }
}

interface DemoOptions {
  readonly hold: boolean;
  readonly pbx: SwitchKind | undefined;
}

/** `undefined`: not understood. */
function parse(argv: readonly string[]): DemoOptions | undefined {
  try {
    const { hold, pbx } = parseArgs({
      args: [...argv],
      options: { hold: { type: 'boolean', default: false }, pbx: { type: 'string' } },
    }).values;
    return pbx === undefined || isSwitchKind(pbx) ? { hold, pbx } : undefined;
  } catch {
    return undefined;
  }
}

async function explainHold({ pbx, daemon }: Desk, { out }: Io): Promise<void> {
  const { host, phonePort, trunkPort, domain } = pbx;
  out('');
  out('Register one or more softphones as receptionists, on this machine:');
  for (const { name, user } of receptionists)
    out(`  user ${user}, password ${phonePassword}, server ${host}:${phonePort}, domain ${domain}   (${name})`);
  out('Then call a tenant from another softphone (no registration) or from SIPp:');
  for (const tenant of demoTenants) {
    const { name, number } = await demoTenant(tenant, 'open');
    out(`  sip:${number}@${host}:${trunkPort}   ${name}`);
  }
  out(`Look: curl ${daemon.url}/metrics`);
  out(`      curl -H "authorization: Bearer ${daemon.adminToken}" ${daemon.url}/v1/status`);
  if (pbx.kind === 'asterisk') out(`      curl -u ${pbx.user}:${pbx.password} http://${host}:${pbx.ariPort}/ari/channels`);
  else out(`      fs_cli -H ${host} -P ${pbx.eslPort} -p ${pbx.password}`);
  out('Ctrl-C ends it and removes everything.');
}

function summarize(records: readonly CallRecord[], { out, err }: Io): number {
  const seconds = (ms: unknown): string => (typeof ms === 'number' ? `${(ms / 1_000).toFixed(1)} s` : '–');
  out('');
  const rows = records.map((record) => [
    String(record['tenant']),
    String((record['caller'] as { readonly name: string }).name),
    String(record['outcome']),
    String(record['agent'] ?? '–'),
    seconds(record['waitMs']),
    seconds(record['talkMs']),
  ]);
  for (const line of table(['tenant', 'caller', 'outcome', 'agent', 'waited', 'talked'], rows)) out(line);
  const outcomes = records.map((record) => record['outcome']);
  const wanted = ['answered', 'answered', 'voicemail', 'voicemail'];
  if (outcomes.join() === wanted.join()) {
    out('');
    out('Both tenants were served: two calls answered by receptionists, two messages taken.');
    return EXIT.ok;
  }
  err(`The calls should have ended ${wanted.join(', ')}, but ended ${outcomes.join(', ')}.`);
  return EXIT.failed;
}
