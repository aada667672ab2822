import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf, isEnrolled, isKind, providerKinds } from '../../factors/registry.ts';
import { findProvider, listProviders, type Provider } from '../../store/providers.ts';
import type { Store } from '../../store/store.ts';
import type { Rule } from './merge-policy.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

export type WorkingProvider = { readonly kind: string; readonly verifier?: Verifier };

/** A provider that verifies users itself, in working order, and its settings as its factor knows them. */
export type Verifier = { readonly provider: Provider; readonly settings: unknown };

/** The kind of factor that a rule's provider asks for. */
export async function workingProvider(
  ctx: RequestContext,
  named: Rule['provider'],
): Promise<Outcome<WorkingProvider, Reason>> {
  const provider = await (named === 'system default' ? systemDefault(ctx.store) : findProvider(ctx.store, named));
  if (!provider) return refuse('no_provider');
  if (!provider.enabled) return refuse('provider_disabled');
  const { providerName: kind } = provider;
  // One of which this program has no factor can ask nobody for anything.
  if (!isKind(kind)) return refuse('provider_unavailable');
  if (isEnrolled(kind)) return success({ kind });
  const settings = factorOf(kind).settings?.inForce?.([provider.settings], ctx.settings);
  if (!settings) return refuse('provider_unavailable');
  return settings.ok ? success({ kind, verifier: { provider, settings: settings.value } }) : settings;
}

/** The provider that is meant where nobody named one: of the system's enabled ones, the first in the list of all kinds. */
export async function systemDefault(store: Store): Promise<Provider | undefined> {
  const enabled = (await listProviders(store, null)).filter((provider) => provider.enabled);
  return providerKinds()
    .map((name) => enabled.find(({ providerName }) => providerName === name))
    .find((provider) => provider !== undefined);
}
