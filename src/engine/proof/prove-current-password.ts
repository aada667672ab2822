import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { password } from '../../factors/password.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { resetThrottle } from '../../store/throttles.ts';
import { logRefusal, type AttemptFacts } from '../audit/log-attempt.ts';
import { forLogin, inTurn, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { prove } from './prove.ts';

const { kind } = password;

/** Proves a user's password with that of the request (`ctx.currentPassword`). A wrong one counts as a failed login. */
export async function proveCurrentPassword(
  ctx: RequestContext,
  authenticators: readonly Authenticator[],
  facts: AttemptFacts & { readonly userId: string },
): Promise<Outcome<undefined, Reason>> {
  const { userId: subject } = facts;
  const known = await inTurn(ctx, `${subject}/${kind}`, async (turn): Promise<Outcome<undefined, Reason>> => {
    if (ctx.currentPassword === undefined) return refuse('current_password_required');
    const read = password.read(ctx.currentPassword);
    if (!read) return refuse('wrong_current_password');
    const candidates = authenticators
      .filter((one) => one.kind === kind)
      .map((authenticator) => ({ kind, state: authenticator.state, authenticator, read }));
    const { outcome: proof } = await prove(turn, { ...forLogin, subject, candidates });
    if (!proof.ok) return proof.reason === 'wrong' ? refuse('wrong_current_password') : proof;
    await resetThrottle(turn.store, subject, kind);
    return success(undefined);
  });
  if (!known.ok) await logRefusal(ctx, { ...facts, factor: kind }, known.reason);
  return known;
}
