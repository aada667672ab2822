import { listForLogin } from '../../store/login-authenticators.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { AuthModule } from './auth-modules.ts';
import type { Reason } from '../reasons.ts';
import { readPolicy } from './read-policy.ts';
import { loginNeeds, type Origins } from './login-needs.ts';

/** The requirement of a login after its first factor, and the reason for it. */
export type Explained = Origins & {
  readonly asks: 'nothing' | 'any' | 'provider' | 'enrollment' | 'refused';
  /** The kinds of factor that would be accepted. */
  readonly kinds: readonly string[];
  /** Why the login would be refused, or why the required provider would be skipped. */
  readonly reason: Reason | undefined;
};

/** Explains which second factor a login of a user through a module would require. */
export async function explain(ctx: RequestContext, user: User, authModule: AuthModule): Promise<Explained> {
  const policy = await readPolicy(ctx.store, { authModule, accountId: user.accountId, roles: user.roles });
  const authenticators = await listForLogin(ctx.store, user.id);
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators });
  if (!needed.ok) {
    const { ok: _ok, reason, providerName, ...origins } = needed;
    return { asks: 'refused', kinds: providerName === null ? [] : [providerName], reason, ...origins };
  }
  const { anyOf, kinds, verifier, enrolls, passedOver, ...origins } = needed.value;
  if (enrolls !== undefined)
    return { asks: 'enrollment', kinds: [enrolls], reason: 'mfa_enrollment_required', ...origins };
  if (verifier) return { asks: 'provider', kinds: kinds ?? [], reason: undefined, ...origins };
  const reason = passedOver?.reason;
  const asks = anyOf.length === 0 ? 'nothing' : kinds === null ? 'any' : 'provider';
  return { asks, kinds: [...new Set(anyOf.map(({ kind }) => kind))], reason, ...origins };
}
