import type { RequestContext } from '../context.ts';
import { authModules, isAuthModule, type AuthModule } from './auth-modules.ts';
import { demandOf } from './login-needs.ts';
import type { AccountPolicy } from './merge-policy.ts';
import { readPolicies, type LoginModule } from './read-policy.ts';
import { verifiesUsers, workingProvider } from './required-provider.ts';

export type ProviderPolicy = {
  readonly authModule: AuthModule;
  readonly policy: AccountPolicy;
  /** The provider; undefined while it cannot be used. */
  readonly providerId: string | undefined;
};

/**
 * The policy of a login method, if it sends users to a provider that verifies them itself, such as Duo; otherwise
 * undefined. Such a provider counts also while it cannot be used, so that its failure makes no proof unnecessary.
 */
export async function providerPolicy(
  ctx: RequestContext,
  { authModule, accountId, roles }: LoginModule,
): Promise<ProviderPolicy | undefined> {
  const policyOf = await readPolicies(ctx.store, accountId);
  // A service does not say how its user has logged in, so the rules of all open modules count.
  const modules = isAuthModule(authModule)
    ? [authModule]
    : authModules.filter((module) => policyOf(module, roles).enabled);
  for (const module of modules) {
    const policy = policyOf(module, roles);
    if (!policy.required) continue;
    const demand = await demandOf({ ...policy, enabled: true }, (named) => workingProvider(ctx, named));
    const providerId = demand.ok ? demand.value.verifier?.provider.id : undefined;
    const isBroken = !demand.ok && (await verifiesUsers(ctx.store, policy.required.provider));
    if (providerId !== undefined || isBroken) return { authModule: module, policy, providerId };
  }
  return undefined;
}
