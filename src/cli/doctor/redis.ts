/** Redis: can it be reached, does it keep what it is given, and does its clock agree with ours? */
import { createClient } from 'redis';
import { type Finding, fail, ok, warning } from './finding.js';

/** The answers that the checks read. */
export interface RedisFacts {
  /** Fields of `INFO`. */
  readonly info: ReadonlyMap<string, string>;
  /** Redis' clock minus ours, ms. */
  readonly skewMs: number;
}

const CONNECT_WAIT_MS = 3000;

export async function checkRedis(url: string): Promise<Finding[]> {
  const at = `Redis ${new URL(url).host}`;
  const client = createClient({ url, socket: { connectTimeout: CONNECT_WAIT_MS, reconnectStrategy: false } });
  // Without a listener an error would end the process; what it says comes with the rejection too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const before = Date.now();
    const [seconds, micros] = await client.time();
    const ours = (before + Date.now()) / 2;
    const info = parseInfo(await client.info());
    return redisFindings(at, { info, skewMs: Number(seconds) * 1000 + Number(micros) / 1000 - ours });
  } catch (error) {
    return [unreachable(at, error)];
  } finally {
    if (client.isOpen) client.destroy();
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\r\n').map((line) => /^([^:#]+):(.*)$/.exec(line));
  return new Map(pairs.flatMap((match) => (match?.[1] === undefined ? [] : [[match[1], match[2] ?? '']])));
}

function unreachable(at: string, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED')
    return fail(`${at}: connection refused.`, 'Start redis-server, and compare redis.url with bind and port in redis.conf.');
  if (/WRONGPASS|NOAUTH|invalid username-password/i.test(text))
    return fail(`${at} refuses our password.`, 'The secret of redis.password and requirepass (or the ACL) of Redis differ.');
  if (/NOPERM/.test(text))
    return fail(`${at}: our user may not use INFO or TIME.`, 'Allow both in the ACL of Redis: doctor and routing need them.');
  return fail(`${at} cannot be reached: ${text}`, 'Check redis.url, DNS and the firewall between both hosts.');
}

const LEAST_VERSION = 7;
const SKEW_WARNING_MS = 500;

export function redisFindings(at: string, { info, skewMs }: RedisFacts): Finding[] {
  const version = info.get('redis_version') ?? '?';
  const findings: Finding[] = [];
  if (Number.parseInt(version, 10) >= LEAST_VERSION) findings.push(ok(`${at} answers (version ${version}).`));
  else
    findings.push(
      warning(
        `${at} answers, but its version ${version} is older than what we test with (Redis 6 should do).`,
        `Upgrade to Redis ${LEAST_VERSION} or newer.`,
      ),
    );

  if (info.get('role') === 'slave') {
    findings.push(fail(`${at} is a replica: it cannot be written.`, 'Point redis.url at the primary.'));
  }
  if (info.get('aof_enabled') !== '1') {
    findings.push(
      warning(
        `${at} keeps no append-only file: a restart of Redis loses the queues until they are rebuilt, and call records for good.`,
        'Set appendonly yes in redis.conf; at once: redis-cli config set appendonly yes',
      ),
    );
  } else findings.push(ok(`${at} keeps an append-only file.`));
  if (info.get('aof_last_write_status') === 'err' || info.get('rdb_last_bgsave_status') === 'err') {
    findings.push(
      fail(`${at} could not write to its disk.`, 'See its log; most often the disk is full. Redis may refuse all writes meanwhile.'),
    );
  }
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    findings.push(
      warning(
        `${at} may throw our keys away when its memory is full (maxmemory-policy ${policy}).`,
        'Set maxmemory-policy noeviction in redis.conf, and do not share this Redis with a cache.',
      ),
    );
  }
  if (Math.abs(skewMs) > SKEW_WARNING_MS) {
    findings.push(
      warning(
        `The clock of ${at} is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours: waiting times will be wrong by that.`,
        'Run chrony (or another NTP client) on both hosts.',
      ),
    );
  }
  return findings;
}
