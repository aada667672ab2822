import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { AccountPolicy, Rule } from './merge-policy.ts';
import type { RequestContext } from '../context.ts';
import { isAuthModule, requirement, type AuthModule } from './auth-modules.ts';
import { kindsAmong, secondFactors, sufficientFactors } from './second-factors.ts';
import { readPolicy, type LoginModule } from './read-policy.ts';
import type { Reason } from '../reasons.ts';
import { workingProvider, type WorkingProvider, type Verifier } from './required-provider.ts';

/** Which accounts determined what a login needs: ids of accounts, or `system`. */
export type Origins = {
  readonly authConfigOrigin: string;
  readonly mfaConfigOrigin: string;
  /** The account that requires a second factor. */
  readonly requiredBy: string | undefined;
};

export type LoginNeeds = Origins & {
  /** The authenticators of which any completes the login; empty if the first factor is enough. */
  readonly anyOf: readonly Authenticator[];
  /** The kinds of factor that may answer; null if policy does not name one. */
  readonly kinds: readonly string[] | null;
  /** The required provider, if it verifies users itself. No authenticator may replace it. */
  readonly verifier?: Verifier & {
    /**
     * What the login needs instead if the provider turns out to be unavailable; undefined if policy does not allow
     * that.
     */
    readonly otherwise?: ((why: Refusal<Reason>) => LoginNeeds) | undefined;
  };
  /**
   * The kind of factor that policy requires and the user must enroll, after proving a second factor that they have
   * (`anyOf`).
   */
  readonly enrolls?: string;
  /** Why the required provider was skipped, if policy allows that. */
  readonly passedOver?: Refusal<Reason>;
};

export type UnmetNeeds = Refusal<Reason> & Origins & { readonly providerName: string | null };

/** A login after its first factor. */
export type LoginState = {
  readonly authModule: AuthModule;
  readonly policy: AccountPolicy;
  readonly authenticators: readonly Authenticator[];
};

/**
 * Decides what a login needs after its first factor, by the policy of its auth module and the authenticators of its
 * user.
 */
export async function loginNeeds(
  ctx: RequestContext,
  { authModule, policy, authenticators }: LoginState,
): Promise<{ readonly ok: true; readonly value: LoginNeeds } | UnmetNeeds> {
  const origins = originsOf(policy);
  const demand = await demandOf(policy, (named) => workingProvider(ctx, named));
  if (!demand.ok) return { ...demand, ...origins, providerName: null };
  const { kind, verifier, passedOver } = demand.value;
  const ownFactors = { ...origins, anyOf: requirement(authModule, authenticators).anyOf, kinds: null };
  if (kind === undefined) return success({ ...ownFactors, ...(passedOver && { passedOver }) });
  if (verifier) {
    const otherwise = maySkip(policy) ? (why: Refusal<Reason>) => ({ ...ownFactors, passedOver: why }) : undefined;
    return success({ ...origins, anyOf: [], kinds: [kind], verifier: { ...verifier, otherwise } });
  }
  const enrolled = secondFactors(authenticators);
  const anyOf = enrolled.filter((one) => one.kind === kind);
  if (anyOf.length > 0) return success({ ...origins, anyOf, kinds: [kind] });
  const provers = policy.emailIsAal2 ? enrolled : sufficientFactors(authenticators);
  return success({ ...origins, anyOf: provers, kinds: kindsAmong(provers, enrolled), enrolls: kind });
}

function originsOf({ enabled, origin, required }: AccountPolicy): Origins {
  // A login through a disabled module is refused before it needs a provider.
  const provider = enabled && required ? required.provider : 'system default';
  const mfaConfigOrigin = provider === 'system default' ? 'system' : provider.accountId;
  return { authConfigOrigin: origin, mfaConfigOrigin, requiredBy: required?.by };
}

export const maySkip = ({ required }: AccountPolicy) => required?.whenUnavailable === 'allow';

/**
 * The policy of an auth module if a first factor alone is enough for a user without second factors; otherwise
 * undefined.
 */
export async function policyOnFirst(
  ctx: RequestContext,
  { authModule, accountId, roles }: LoginModule,
): Promise<AccountPolicy | undefined> {
  if (!isAuthModule(authModule)) return undefined;
  const policy = await readPolicy(ctx.store, { authModule, accountId, roles });
  // The user's second factors do not matter: enrolling one ends all earlier sessions.
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators: [] });
  return needed.ok && !needed.value.verifier && needed.value.enrolls === undefined ? policy : undefined;
}

/** The demand of a policy on all users, independent of their authenticators. */
export type Demand = {
  /** The required kind of factor; absent: any that the user has. */
  readonly kind?: string;
  /** The required provider, if it verifies users itself and they do not enroll here. */
  readonly verifier?: Verifier | undefined;
  /** Why the required provider is skipped. */
  readonly passedOver?: Refusal<Reason>;
};

/** The demand of a policy with the providers that exist, or the reason why all logins are refused. */
export async function demandOf(
  policy: AccountPolicy,
  find: (named: Rule['provider']) => Promise<Outcome<WorkingProvider, Reason>>,
): Promise<Outcome<Demand, Reason>> {
  if (!policy.enabled) return refuse('module_disabled');
  if (!policy.required) return success({});
  const found = await find(policy.required.provider);
  if (found.ok || !maySkip(policy)) return found;
  return success({ passedOver: found });
}
