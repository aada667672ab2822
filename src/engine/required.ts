import { refuse, success, type Outcome, type Refusal } from '../base/outcome.ts';
import { providerNames } from '../factors/providers.ts';
import { isKind } from '../factors/index.ts';
import type { Authenticator } from '../store/authenticators.ts';
import { findProvider, listProviders, type Provider } from '../store/providers.ts';
import { securityDownTo } from '../store/security.ts';
import type { LiveSession } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';
import { accountPolicy, authModulesConfig, type AccountPolicy, type Rule, type Said } from './account-policy.ts';
import type { Context } from './context.ts';
import { isAuthModule, requirement, secondFactors, type AuthModule } from './policy.ts';
import { isPrompter, readPrompter, type Prompter } from './prompt.ts';
import type { Reason } from './reasons.ts';

/** Who said what a login needs: ids of accounts, or `system`. */
export type Origins = {
  readonly authConfigOrigin: string;
  readonly mfaConfigOrigin: string;
  /** The account that requires a second factor. */
  readonly requiredBy: string | undefined;
};

export type Needed = Origins & {
  /** The authenticators of which any completes the login; none: the first factor is enough. */
  readonly anyOf: readonly Authenticator[];
  /** The kinds of factor that may answer, where policy names one. */
  readonly kinds: readonly string[] | null;
  /** The provider that judges the user itself. No authenticator stands in for it. */
  readonly prompter?: Prompter & {
    /** What holds when it turns out that it can't be asked, where policy allows to go on without it. */
    readonly otherwise?: ((why: Refusal<Reason>) => Needed) | undefined;
  };
  /** The kind of factor that policy requires and that the user has to enrol; what they have must be proven before that. */
  readonly enrolls?: string;
  /** Why the provider that is required was passed over, where policy allows that. */
  readonly passedOver?: Refusal<Reason>;
};

export type NotMet = Refusal<Reason> & Origins & { readonly providerName: string | null };

/** Parsed: what cannot be read is a fault, and no login follows from it. */
export async function saidDownTo(store: Store, accountId: string): Promise<readonly Said[]> {
  const rows = await securityDownTo(store, accountId);
  return rows.map(({ accountId: by, authModules, revision }) => ({
    accountId: by,
    revision,
    authModules: authModulesConfig.parse(authModules),
  }));
}

/** What a login needs beyond its first factor, by what the accounts above its user say and what the user has at this moment. */
export async function neededFor(
  ctx: Context,
  { authModule, accountId }: { readonly authModule: AuthModule; readonly accountId: string },
  authenticators: readonly Authenticator[],
): Promise<{ readonly ok: true; readonly value: Needed } | NotMet> {
  const policy = accountPolicy(authModule, accountId, await saidDownTo(ctx.store, accountId));
  const own = { authConfigOrigin: policy.origin, mfaConfigOrigin: 'system', requiredBy: policy.required?.by };
  if (!policy.enabled) return { ...refuse('module_disabled'), ...own, providerName: null };
  const asked = { ...own, anyOf: requirement(authModule, authenticators).anyOf, kinds: null };
  return policy.required ? meet(ctx, { policy, rule: policy.required, asked }, authenticators) : success(asked);
}

/** Whether a session that rests on a first factor alone would still be opened there today. */
export async function isFirstEnough(
  ctx: Context,
  { authModule, accountId }: Pick<LiveSession, 'authModule' | 'accountId'>,
): Promise<boolean> {
  // What the user has plays no part: whoever enrols a factor ends the sessions from before.
  if (!isAuthModule(authModule)) return false;
  const needed = await neededFor(ctx, { authModule, accountId }, []);
  return needed.ok && !needed.value.prompter && needed.value.enrolls === undefined;
}

type Meeting = { readonly policy: AccountPolicy; readonly rule: Rule; readonly asked: Needed };

async function meet(ctx: Context, { policy, rule, asked }: Meeting, authenticators: readonly Authenticator[]) {
  const { provider } = rule;
  const origins = {
    authConfigOrigin: policy.origin,
    requiredBy: rule.by,
    mfaConfigOrigin: provider === 'system default' ? 'system' : provider.accountId,
  };
  const otherwise =
    rule.whenUnavailable === 'allow'
      ? (why: Refusal<Reason>) => ({ ...asked, ...origins, passedOver: why })
      : undefined;
  const found = await workingProvider(ctx, provider);
  if (!found.ok) return otherwise ? success(otherwise(found)) : { ...found, ...origins, providerName: null };
  const { kind, prompter } = found.value;
  if (prompter) return success({ ...origins, anyOf: [], kinds: [kind], prompter: { ...prompter, otherwise } });
  const had = secondFactors(authenticators);
  const anyOf = had.filter((one) => one.kind === kind);
  if (anyOf.length > 0) return success({ ...origins, anyOf, kinds: [kind] });
  return success({ ...origins, anyOf: had, kinds: null, enrolls: kind });
}

type Working = { readonly kind: string; readonly prompter?: Prompter };

/** The kind of factor that a rule's provider asks for. */
async function workingProvider(ctx: Context, named: Rule['provider']): Promise<Outcome<Working, Reason>> {
  const provider = await (named === 'system default' ? systemDefault(ctx.store) : findProvider(ctx.store, named));
  if (!provider) return refuse('no_provider');
  if (!provider.enabled) return refuse('provider_disabled');
  const { providerName: kind } = provider;
  if (isPrompter(provider)) {
    const prompter = readPrompter(ctx, provider);
    return prompter.ok ? success({ kind, prompter: prompter.value }) : prompter;
  }
  // One of which this program has no factor can ask nobody for anything.
  return isKind(kind) ? success({ kind }) : refuse('provider_unavailable');
}

/** The provider that is meant where nobody named one: of the system's enabled ones, the first in the list of all kinds. */
export async function systemDefault(store: Store): Promise<Provider | undefined> {
  const enabled = (await listProviders(store, null)).filter((provider) => provider.enabled);
  return providerNames
    .map((name) => enabled.find(({ providerName }) => providerName === name))
    .find((provider) => provider !== undefined);
}
