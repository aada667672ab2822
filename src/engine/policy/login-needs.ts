import { refuse, success, type Outcome, type Refusal } from '../../base/outcome.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { AccountPolicy, Rule } from './merge-policy.ts';
import type { RequestContext } from '../context.ts';
import { isAuthModule, requirement, type AuthModule } from './auth-modules.ts';
import { secondFactors } from './second-factors.ts';
import { readPolicy, type LoginModule } from './read-policy.ts';
import type { Reason } from '../reasons.ts';
import { workingProvider, type WorkingProvider, type Verifier } from './required-provider.ts';

/** Who said what a login needs: ids of accounts, or `system`. */
export type Origins = {
  readonly authConfigOrigin: string;
  readonly mfaConfigOrigin: string;
  /** The account that requires a second factor. */
  readonly requiredBy: string | undefined;
};

export type LoginNeeds = Origins & {
  /** The authenticators of which any completes the login; none: the first factor is enough. */
  readonly anyOf: readonly Authenticator[];
  /** The kinds of factor that may answer, where policy names one. */
  readonly kinds: readonly string[] | null;
  /** The provider that verifies the user itself. No authenticator stands in for it. */
  readonly verifier?: Verifier & {
    /** What holds when it turns out that it cannot be asked, where policy allows to go on without it. */
    readonly otherwise?: ((why: Refusal<Reason>) => LoginNeeds) | undefined;
  };
  /** The kind of factor that policy requires and that the user has to enrol; what they have must be proven before that. */
  readonly enrolls?: string;
  /** Why the provider that is required was passed over, where policy allows that. */
  readonly passedOver?: Refusal<Reason>;
};

export type UnmetNeeds = Refusal<Reason> & Origins & { readonly providerName: string | null };

/** What is known of a login after its first factor. */
export type LoginState = {
  readonly authModule: AuthModule;
  readonly policy: AccountPolicy;
  readonly authenticators: readonly Authenticator[];
};

/** What a login needs beyond its first factor, by the policy of its way in and what the user has at this moment. */
export async function loginNeeds(
  ctx: RequestContext,
  { authModule, policy, authenticators }: LoginState,
): Promise<{ readonly ok: true; readonly value: LoginNeeds } | UnmetNeeds> {
  const origins = originsOf(policy);
  const demand = await demandOf(policy, (named) => workingProvider(ctx, named));
  if (!demand.ok) return { ...demand, ...origins, providerName: null };
  const { kind, verifier, passedOver } = demand.value;
  const asked = { ...origins, anyOf: requirement(authModule, authenticators).anyOf, kinds: null };
  if (kind === undefined) return success({ ...asked, ...(passedOver && { passedOver }) });
  if (verifier) {
    const otherwise = mayPassOver(policy) ? (why: Refusal<Reason>) => ({ ...asked, passedOver: why }) : undefined;
    return success({ ...origins, anyOf: [], kinds: [kind], verifier: { ...verifier, otherwise } });
  }
  const had = secondFactors(authenticators);
  const anyOf = had.filter((one) => one.kind === kind);
  if (anyOf.length > 0) return success({ ...origins, anyOf, kinds: [kind] });
  return success({ ...origins, anyOf: had, kinds: null, enrolls: kind });
}

function originsOf({ enabled, origin, required }: AccountPolicy): Origins {
  // Through a module that is closed no provider is asked for.
  const provider = enabled && required ? required.provider : 'system default';
  const mfaConfigOrigin = provider === 'system default' ? 'system' : provider.accountId;
  return { authConfigOrigin: origin, mfaConfigOrigin, requiredBy: required?.by };
}

const mayPassOver = ({ required }: AccountPolicy) => required?.whenUnavailable === 'allow';

/** The policy of a session's way in, if a session that rests on a first factor alone would still be opened there today. */
export async function policyOnFirst(
  ctx: RequestContext,
  { authModule, accountId }: LoginModule,
): Promise<AccountPolicy | undefined> {
  if (!isAuthModule(authModule)) return undefined;
  const policy = await readPolicy(ctx.store, { authModule, accountId });
  // What the user has plays no part: whoever enrols a factor ends the sessions from before.
  const needed = await loginNeeds(ctx, { authModule, policy, authenticators: [] });
  return needed.ok && !needed.value.verifier && needed.value.enrolls === undefined ? policy : undefined;
}

/** What a policy asks of everybody alike, before anybody's authenticators are looked at. */
export type Demand = {
  /** The one kind of factor that does; absent: what the user has. */
  readonly kind?: string;
  /** The provider that verifies users itself, and has nobody enroll. */
  readonly verifier?: Verifier | undefined;
  /** Why the provider that is required is passed over. */
  readonly passedOver?: Refusal<Reason>;
};

/** Says what a policy comes to with the providers that are there; or why nobody comes in. */
export async function demandOf(
  policy: AccountPolicy,
  find: (named: Rule['provider']) => Promise<Outcome<WorkingProvider, Reason>>,
): Promise<Outcome<Demand, Reason>> {
  if (!policy.enabled) return refuse('module_disabled');
  if (!policy.required) return success({});
  const found = await find(policy.required.provider);
  if (found.ok || !mayPassOver(policy)) return found;
  return success({ passedOver: found });
}
