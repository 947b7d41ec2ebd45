/**
 * Every key of the project in Redis. What a script touches together shares one hash tag, hence one Cluster slot:
 *
 *     {tcore:main}:domain            the routing domain `main`; all other keys of it are derived in includes/domain.lua
 *     {tcore:main}:daemon:<daemon>   channel: assignments for the calls of that daemon
 *     {tcore:calls}:<node>           hash: call → JSON, the calls in progress on a node
 *     {tcore:callbacks}:<tenant>     hash: number → JSON, callers who wait to be called back
 *     {tcore:history}:records        stream: records of finished calls
 *     {tcore:history}:recent         sorted set: ids of the latest records
 */
import type { NodeId, TenantId } from '../core/ids.js';

export const keys = {
  domain: (prefix: string, domain: string) => `{${prefix}:${domain}}:domain`,
  daemonChannel: (prefix: string, domain: string, daemon: string) => `{${prefix}:${domain}}:daemon:${daemon}`,
  calls: (prefix: string, node: NodeId) => `{${prefix}:calls}:${node}`,
  callbacks: (prefix: string, tenant: TenantId) => `{${prefix}:callbacks}:${tenant}`,
  records: (prefix: string) => `{${prefix}:history}:records`,
  recentRecords: (prefix: string) => `{${prefix}:history}:recent`,
} as const;
