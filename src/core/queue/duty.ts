/** What agents ask for themselves: to take calls or not. It outlives their phones' registrations, daemons and talks. */

/** `reason`: a configured one; `undefined` where none are. `since`: epoch ms. */
export interface Pause {
  readonly reason: string | undefined;
  readonly since: number;
}

/** `out`: signed out. `pause`: signed in, but no offers. */
export type Duty = { readonly state: 'in'; readonly pause: Pause | undefined } | { readonly state: 'out' };

export type Wish =
  | { readonly do: 'signIn' }
  | { readonly do: 'signOut' }
  | { readonly do: 'pause'; readonly reason: string | undefined }
  /** Ends a pause, a rest after an offer that was not answered, or the after-call work. */
  | { readonly do: 'ready' }
  /** More after-call work: `ms` from its end on, but at most `mostMs` in all for one call. */
  | { readonly do: 'extendWrapUp'; readonly ms: number; readonly mostMs: number };

/** What came of a wish. Whatever is not `done` or `later` has changed nothing. */
export type WishResult =
  | 'done'
  /** He talks or is offered a call: it holds from its end on, and there is no offer in between. */
  | 'later'
  /** So it was before. */
  | 'already'
  /** Only who is signed in can pause, be ready or extend anything. */
  | 'signedOut'
  | 'notWrappingUp'
  /** Extended by as much as is allowed already. */
  | 'capped';

/** As it is kept: `out`, `in`, or `paused SINCE REASON`. */
export function dutyText(duty: Duty): string {
  if (duty.state === 'out') return 'out';
  return duty.pause === undefined ? 'in' : `paused ${duty.pause.since} ${duty.pause.reason ?? ''}`.trimEnd();
}

export function dutyOf(text: string): Duty {
  const [state, since, reason] = text.split(' ');
  if (state === 'out') return { state };
  return { state: 'in', pause: state === 'paused' ? { reason, since: Number(since) } : undefined };
}
