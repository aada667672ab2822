import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { removeKinds } from '../../store/authenticators.ts';
import { changeFactors } from './change-factors.ts';
import type { RequestContext } from '../context.ts';
import { wouldLackRequired } from '../policy/required-kinds.ts';
import { kindsBeyondFirst, secondFactors } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { requireStepUp } from '../proof/fresh-proof.ts';

/** Turns multi-factor authentication off: removes all second factors and recovery codes of the caller. */
export async function turnOffMfa(ctx: RequestContext, caller: Caller): Promise<Outcome<undefined, Reason>> {
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  if (secondFactors(authenticators).length === 0) return refuse('mfa_not_enabled');
  const facts = { action: 'disable_mfa', sessionId: caller.id };
  return changeFactors(ctx, { user, caller, facts, notice: { name: 'mfa_disabled' } }, async (tx) => {
    if (await wouldLackRequired(tx, user)) return refuse('required_by_policy');
    await removeKinds(tx.store, user.id, kindsBeyondFirst);
    return success(undefined);
  });
}
