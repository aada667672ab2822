import type { Members } from '../../base/merge-patch.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { maskSettings } from '../../factors/provider-settings.ts';
import { rootAccount, type Account } from '../../store/accounts.ts';
import { findProvider, findSystemProvider, listProviders, type Provider } from '../../store/providers.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';

/** The owner of providers: an account that the caller may access, or the system, whose id is null. */
export type Owner = Pick<Account, 'id'> | { readonly id: null };

/** Allows administrators of the root account to access the system's providers. For others these do not exist. */
export async function reachSystem(ctx: RequestContext, caller: Caller): Promise<Outcome<Owner, Reason>> {
  const root = isAdministrator(caller) ? await rootAccount(ctx.store) : undefined;
  return root?.id === caller.accountId ? success({ id: null }) : refuse('not_found');
}

/** A provider to show: its secrets are masked, except those that the same request has set. */
export type ShownProvider = Omit<Provider, 'settings'> & { readonly shown: Members };

export function showProvider({ settings, ...provider }: Provider, open: readonly string[] = []): ShownProvider {
  return { ...provider, shown: maskSettings(provider.providerName, settings, open) };
}

/** The providers of an account or of the system. */
export async function browseProviders(ctx: RequestContext, owner: Owner): Promise<readonly ShownProvider[]> {
  return (await listProviders(ctx.store, owner.id)).map((provider) => showProvider(provider));
}

/**
 * Finds an account's provider by id, or the system's by kind. It contains secrets: use `showProvider` before you return
 * it.
 */
export async function reachProvider(
  ctx: RequestContext,
  owner: Owner,
  which: string,
): Promise<Outcome<Provider, Reason>> {
  const found =
    owner.id === null
      ? await findSystemProvider(ctx.store, which)
      : await findProvider(ctx.store, { accountId: owner.id, id: which });
  return found ? success(found) : refuse('not_found');
}
