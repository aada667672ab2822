import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { factorOf } from '../../factors/registry.ts';
import { findProvider, listProvidersDownTo, type ProviderPlace } from '../../store/providers.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

export type FactorScope = {
  /** The kind of factor. */
  readonly kind: string;
  readonly accountId: string;
  /** The provider that policy requires, for factors without authenticators. */
  readonly provider?: ProviderPlace | null | undefined;
};

/**
 * The current settings of a factor: of the given provider, or merged from the system's provider down to the account's.
 */
export async function settingsInForce(
  { store, settings: operator }: RequestContext,
  { kind, accountId, provider }: FactorScope,
): Promise<Outcome<unknown, Reason>> {
  const { inForce } = factorOf(kind).settings ?? {};
  if (!inForce) return success(undefined);
  if (!provider) {
    const layers = await listProvidersDownTo(store, accountId, kind);
    return inForce(
      layers.map(({ settings }) => settings),
      operator,
    );
  }
  const found = await findProvider(store, provider);
  if (!found) return refuse('no_provider');
  return found.enabled ? inForce([found.settings], operator) : refuse('provider_disabled');
}
