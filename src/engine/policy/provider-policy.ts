import type { RequestContext } from '../context.ts';
import { isAuthModule, type AuthModule } from './auth-modules.ts';
import { demandOf } from './login-needs.ts';
import type { AccountPolicy } from './merge-policy.ts';
import { readPolicy, type LoginModule } from './read-policy.ts';
import { workingProvider } from './required-provider.ts';

/**
 * The policy of a login method, if it sends users to a provider that verifies them itself, such as Duo; otherwise
 * undefined. A provider that cannot be used now counts too, so that its failure makes no proof unnecessary.
 */
export async function providerPolicy(
  ctx: RequestContext,
  { authModule, accountId, roles }: LoginModule,
): Promise<{ readonly authModule: AuthModule; readonly policy: AccountPolicy } | undefined> {
  if (!isAuthModule(authModule)) return undefined;
  const policy = await readPolicy(ctx.store, { authModule, accountId, roles });
  if (!policy.required) return undefined;
  const demand = await demandOf({ ...policy, enabled: true }, (named) => workingProvider(ctx, named));
  return !demand.ok || demand.value.verifier ? { authModule, policy } : undefined;
}
