import { listAuthenticators, type Authenticator } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import { authModules } from './auth-modules.ts';
import { demandOf } from './login-needs.ts';
import { readPolicies } from './read-policy.ts';
import { workingProvider } from './required-provider.ts';
import { secondFactors } from './second-factors.ts';

/**
 * Whether a user who has only these authenticators left would lack a factor that they have now and that their account
 * requires of any login method.
 */
export async function wouldLackRequired(
  ctx: RequestContext,
  user: User,
  left: readonly Authenticator[] = [],
): Promise<boolean> {
  const present = kindsOf(await listAuthenticators(ctx.store, user.id, ctx.now));
  const lost = present.difference(kindsOf(left));
  return lost.size > 0 && !lost.isDisjointFrom(await requiredKinds(ctx, user));
}

const kindsOf = (authenticators: readonly Authenticator[]) =>
  new Set(secondFactors(authenticators).map(({ kind }) => kind));

/** The kinds of factor that users of the account have to enroll. Providers that verify users themselves have none. */
async function requiredKinds(ctx: RequestContext, { accountId, roles }: User): Promise<ReadonlySet<string>> {
  const policyOf = await readPolicies(ctx.store, accountId);
  const required = new Set<string>();
  for (const authModule of authModules) {
    const demand = await demandOf(policyOf(authModule, roles), (named) => workingProvider(ctx, named));
    if (demand.ok && demand.value.kind !== undefined && !demand.value.verifier) required.add(demand.value.kind);
  }
  return required;
}
