/** `telephony-core demo`: a whole desk on free ports, calls placed to it, and what happens to them. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { findFreeswitch } from '../lab/freeswitch.js';
import { type CallRecord, playActs } from './demo/acts.js';
import { type Desk, openDesk, phonePassword, receptionists } from './demo/desk.js';
import { Narrator } from './demo/narrator.js';
import { demoTenant, demoTenants } from './demo/tenants.js';
import { EXIT, type Io } from './io.js';
import { table } from './table.js';

export async function demo(argv: readonly string[], io: Io): Promise<number> {
  const hold = parse(argv);
  if (hold === undefined) {
    io.err('Usage: telephony-core demo [--hold]');
    return EXIT.usage;
  }
  const found = await findFreeswitch(io.env);
  if (found.binary === undefined) {
    io.err(
      `${found.missing}. The demo boots a FreeSWITCH of its own with our configuration, so it needs one on this machine: ` +
        'install SignalWire’s packages (freeswitch with mod_sofia, mod_event_socket, mod_dptools, mod_sndfile, mod_local_stream) ' +
        'or set FREESWITCH_BIN to the program, and start the demo again.',
    );
    return EXIT.failed;
  }
  // The desk's programs end with this process in any case; this lets it also remove their folders.
  const interrupted = once(process, 'SIGINT').then(() => 'interrupted' as const);
  let desk: Desk | undefined;
  try {
    desk = await openDesk(found.binary, io.out, { phones: !hold });
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
    return summarize(played, io);
  } finally {
    await desk?.close();
  }
}

/** Whether to hold; `undefined`: not understood. */
function parse(argv: readonly string[]): boolean | undefined {
  try {
    return parseArgs({ args: [...argv], options: { hold: { type: 'boolean', default: false } } }).values.hold;
  } catch {
    return undefined;
  }
}

async function explainHold({ freeswitch, daemon }: Desk, { out }: Io): Promise<void> {
  const { host, phonePort, trunkPort, domain } = freeswitch;
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
  out(`      fs_cli -H ${host} -P ${freeswitch.eslPort} -p ${freeswitch.password}`);
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
