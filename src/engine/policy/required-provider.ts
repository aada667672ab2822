import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf, isEnrolled, isKind, providerKinds } from '../../factors/registry.ts';
import { findProvider, listProviders, type Provider } from '../../store/providers.ts';
import type { Store } from '../../store/store.ts';
import type { Rule } from './merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

export type WorkingProvider = { readonly kind: string; readonly verifier?: Verifier };

/** A provider that verifies users itself, with valid settings as its factor has parsed them. */
export type Verifier = { readonly provider: Provider; readonly settings: unknown };

/** The provider of a rule, or why it cannot be used. */
export async function workingProvider(
  ctx: RequestContext,
  named: Rule['provider'],
): Promise<Outcome<WorkingProvider, Reason>> {
  const provider = await providerOf(ctx.store, named);
  if (!provider) return refuse('no_provider');
  if (!provider.enabled) return refuse('provider_disabled');
  const { providerName: kind } = provider;
  // A newer version may have created a provider of a kind that this version does not know.
  if (!isKind(kind)) return refuse('provider_unavailable');
  if (isEnrolled(kind)) return success({ kind });
  const settings = factorOf(kind).settings?.inForce?.([provider.settings], ctx.settings);
  if (!settings) return refuse('provider_unavailable');
  return settings.ok ? success({ kind, verifier: { provider, settings: settings.value } }) : settings;
}

/**
 * Whether the provider of a rule verifies users itself, such as Duo, and they enroll nothing here. One that cannot be used
 * now counts too, and one of a kind that only a newer version knows.
 */
export async function verifiesUsers(store: Store, named: Rule['provider']): Promise<boolean> {
  const provider = await providerOf(store, named);
  return provider !== undefined && !(isKind(provider.providerName) && isEnrolled(provider.providerName));
}

/** The provider of a rule, enabled or not. */
export async function providerOf(store: Store, named: Rule['provider']): Promise<Provider | undefined> {
  return named === 'system default' ? systemDefault(store) : findProvider(store, named);
}

/**
 * The provider of rules that name none: the first of the system's enabled providers, in the order of the list of kinds.
 */
export async function systemDefault(store: Store): Promise<Provider | undefined> {
  const enabled = (await listProviders(store, null)).filter((provider) => provider.enabled);
  return providerKinds()
    .map((name) => enabled.find(({ providerName }) => providerName === name))
    .find((provider) => provider !== undefined);
}
