import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import {
  listAuthenticators,
  removeAuthenticator,
  removeKinds,
  type Authenticator,
} from '../../store/authenticators.ts';
import { lockPlainUser } from '../../store/list-users.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { madeBy, requireChangeable, sessionOf, type FactorChangeActor } from '../session/enrollment-actor.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { wouldLackRequired } from '../policy/required-kinds.ts';
import { recoveryKinds, secondFactors } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import { requireStepUp } from '../proof/fresh-proof.ts';
import { requireManagement } from '../proof/require-management.ts';
import { isManageKey } from '../session/manage-key.ts';

export type Removal = { readonly user: User; readonly authenticatorId: string };

/**
 * Removes an authenticator of the caller, or of a user they administer. With the last second factor, the recovery codes
 * are removed too, because they replace a second factor.
 */
export async function remove(
  ctx: RequestContext,
  caller: FactorChangeActor,
  { user, authenticatorId }: Removal,
): Promise<Outcome<undefined, Reason>> {
  const session = sessionOf(caller);
  const allowed = await (session ? requireManagement(ctx, session, user) : requireStepUp(ctx, caller));
  if (!allowed.ok) return allowed;
  const authenticators = await listAuthenticators(ctx.store, user.id, ctx.now);
  const removed = authenticators.find(({ id }) => id === authenticatorId);
  if (!removed) return refuse('not_found');
  const may = session?.userId === user.id ? requireChangeable(session, removed.kind) : success(undefined);
  if (!may.ok) return may;
  const { roles, replaces } = factorOf(removed.kind).traits;
  // A user without a password could set a new one without knowing the old one.
  if (roles.includes('first') && replaces && caller.userId === user.id) return refuse('password_needed');

  const left = authenticators.filter(({ id }) => id !== authenticatorId);
  const facts = { action: 'remove', factor: removed.kind, ...madeBy(caller) };
  if (removed.status === 'pending') return discard(ctx, { user, removed, facts });
  const notice = { name: 'factor_removed', factor: removed.kind } as const;
  return changeFactors(ctx, { user, caller: session, facts, notice }, async (tx) => {
    const byKey = session !== undefined && isManageKey(session);
    if (byKey && !(await lockPlainUser(tx.store, user.id))) return refuse('unattended');
    // An administrator may remove what the user lost; the user may not weaken what the account requires.
    if (session?.userId === user.id && (await wouldLackRequired(tx, user, left))) return refuse('required_by_policy');
    if (!(await removeAuthenticator(tx.store, user.id, authenticatorId))) return refuse('raced');
    if (secondFactors(left).length === 0) await removeKinds(tx.store, user.id, recoveryKinds);
    return success(undefined);
  });
}

type PendingRemoval = { readonly user: User; readonly removed: Authenticator; readonly facts: AttemptFacts };

/** Removes a pending enrollment. It was never active, so no sessions end. */
async function discard(
  ctx: RequestContext,
  { user, removed, facts }: PendingRemoval,
): Promise<Outcome<undefined, Reason>> {
  return withTransaction(ctx, async (tx) => {
    if (!(await removeAuthenticator(tx.store, user.id, removed.id))) return refuse('raced');
    await logSuccess(tx, { ...facts, accountId: user.accountId, userId: user.id });
    return success(undefined);
  });
}
