import { success, type Outcome } from '../../base/outcome.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from '../enrollment/change-factors.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { makePassword, resetPassword } from '../enrollment/set-password.ts';
import { findNamed, type Named } from './find-user.ts';

/** Sets a user's password and ends their sessions, keys and device secrets. */
export async function overridePassword(
  ctx: RequestContext,
  named: Named,
  secret: string,
): Promise<Outcome<User, Reason>> {
  const user = await findNamed(ctx, named);
  if (!user.ok) return user;
  const made = await makePassword(ctx, user.value, { secret });
  if (!made.ok) return made;
  const facts = { action: 'operator.password', factor: 'password' };
  const notice = { name: 'password_changed' } as const;
  return changeFactors(ctx.at(), { user: user.value, facts, notice }, async (tx) => {
    await resetPassword(tx, made.value);
    return success(user.value);
  });
}
