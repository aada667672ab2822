import type { RequestContext } from '../context.ts';
import { isAuthModule } from './auth-modules.ts';
import { demandOf } from './login-needs.ts';
import { readPolicy, type LoginModule } from './read-policy.ts';
import { workingProvider } from './required-provider.ts';

/**
 * Whether policy sends the users of a login method to a provider that verifies them itself, such as Duo. A provider that
 * cannot be used now counts too, so that its failure makes no proof unnecessary.
 */
export async function asksProvider(
  ctx: RequestContext,
  { authModule, accountId, roles }: LoginModule,
): Promise<boolean> {
  if (!isAuthModule(authModule)) return false;
  const policy = await readPolicy(ctx.store, { authModule, accountId, roles });
  if (!policy.required) return false;
  const demand = await demandOf({ ...policy, enabled: true }, (named) => workingProvider(ctx, named));
  return !demand.ok || demand.value.verifier !== undefined;
}
