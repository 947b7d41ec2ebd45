/** Identifiers are branded strings: a `LegId` can never be passed where a `CallId` is meant. */
declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** One caller's journey. Equal to the id of the caller's own leg. */
export type CallId = Brand<'CallId'>;
/** One channel on a PBX node (a FreeSWITCH UUID, an Asterisk channel id). Chosen by us for legs that we originate. */
export type LegId = Brand<'LegId'>;
/** A client company. */
export type TenantId = Brand<'TenantId'>;
/** A receptionist. */
export type AgentId = Brand<'AgentId'>;
/** Who may listen to talks and speak in them. */
export type SupervisorId = Brand<'SupervisorId'>;
/** The phone that rings for an agent. */
export type DeviceId = Brand<'DeviceId'>;
/** The agents shared by tenants. */
export type PoolId = Brand<'PoolId'>;
/** Where a tenant's calls wait. */
export type QueueId = Brand<'QueueId'>;
/** One FreeSWITCH or Asterisk. */
export type NodeId = Brand<'NodeId'>;
/** A menu of a tenant's IVR. */
export type MenuId = Brand<'MenuId'>;
/** Proves that an answer belongs to the offer that was made: a late one, with an old token, changes nothing. */
export type OfferToken = Brand<'OfferToken'>;
/** Ties the end of a prompt or of a recorded message to its start. */
export type PlayId = Brand<'PlayId'>;

/** The one place where a plain string becomes an identifier. */
export function id<T extends Brand<string>>(text: string): T {
  return text as T;
}
