import { success, type Outcome } from '../../base/outcome.ts';
import { removeKinds } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import type { RequestContext } from '../context.ts';
import { kindsBeyondFirst } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import { findNamed, type Named } from './find-user.ts';

/** Removes all second factors and recovery codes of a user who has lost them, and ends their sessions. */
export async function disableMfa(ctx: RequestContext, named: Named): Promise<Outcome<User, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const facts = { action: 'operator.disable_mfa' };
  const notice = { name: 'mfa_disabled' } as const;
  return changeFactors(ctx, { user: user.value, facts, notice }, async (tx) => {
    await removeKinds(tx.store, user.value.id, kindsBeyondFirst);
    return success(user.value);
  });
}
