import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf } from '../factors/index.ts';
import { recovery } from '../factors/recovery.ts';
import { listAuthenticators, removeAuthenticator, removeKinds } from '../store/authenticators.ts';
import type { User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import type { Client, Context } from './context.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { requireStepUp } from './step-up.ts';

export type Removal = { readonly user: User; readonly authenticatorId: string };

/**
 * Removes an authenticator of the caller, or of a user they administer. With the last second factor the recovery codes go too, for
 * they stand in for something that is no more.
 */
export async function remove(
  ctx: Context,
  caller: Caller,
  { user, authenticatorId }: Removal,
  client: Client,
): Promise<Outcome<undefined, Reason>> {
  const now = ctx.clock.now();
  const allowed = await requireStepUp(ctx, caller, now);
  if (!allowed.ok) return allowed;
  const authenticators = await listAuthenticators(ctx.store, user.id, now);
  const removed = authenticators.find(({ id }) => id === authenticatorId);
  if (!removed) return refuse('not_found');
  const { role, replaces } = factorOf(removed.kind).traits;
  // Who could remove it could then set another without knowing it.
  if (role === 'first' && replaces && caller.userId === user.id) return refuse('password_needed');

  const left = secondFactors(authenticators.filter(({ id }) => id !== authenticatorId));
  const tried = { action: 'remove', factor: removed.kind, sessionId: caller.id };
  return changeFactors(ctx, { user, caller, tried }, client, now, async (tx) => {
    if (!(await removeAuthenticator(tx, user.id, authenticatorId))) return refuse('raced');
    if (left.length === 0) await removeKinds(tx, user.id, [recovery.kind]);
    return success(undefined);
  });
}
