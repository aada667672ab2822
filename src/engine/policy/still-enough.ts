import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { demandOf, maySkip } from './login-needs.ts';
import type { AccountPolicy } from './merge-policy.ts';
import { workingProvider } from './required-provider.ts';

/** The kinds of second factor that a login has proven, or that its recovery code replaced. */
export type ProvenSecond = {
  readonly kinds: readonly string[];
  /** The id of the provider that verified the user, if one did. */
  readonly providerId?: string | undefined;
};

/**
 * Refuses a login that does not meet the policy of this moment: its login method was disabled, or another second factor
 * is required than those that it has proven.
 */
export async function requireStillEnough(
  ctx: RequestContext,
  policy: AccountPolicy,
  { kinds, providerId }: ProvenSecond,
): Promise<Outcome<undefined, Reason>> {
  const demand = await demandOf(policy, (named) => workingProvider(ctx, named));
  if (!demand.ok) return refuse('invalid_challenge');
  const { kind, verifier } = demand.value;
  // A provider that was skipped because it was unavailable is not asked again.
  if (kind === undefined || (verifier && maySkip(policy) && kinds.length > 0)) return success(undefined);
  const isOther = verifier && providerId !== undefined && providerId !== verifier.provider.id;
  return kinds.includes(kind) && !isOther ? success(undefined) : refuse('invalid_challenge');
}
