import type { Members } from '../../base/merge-patch.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { maskSettings } from '../../factors/provider-settings.ts';
import { rootAccount, type Account } from '../../store/accounts.ts';
import { findProvider, findSystemProvider, listProviders, type Provider } from '../../store/providers.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';

/** Whose providers are meant: an account's that the caller has reached, or the system's, which has no id. */
export type Owner = Pick<Account, 'id'> | { readonly id: null };

/** The system's providers are for the administrators of the root account. For everybody else there are none. */
export async function reachSystem(ctx: RequestContext, caller: Caller): Promise<Outcome<Owner, Reason>> {
  const root = isAdministrator(caller) ? await rootAccount(ctx.store) : undefined;
  return root?.id === caller.accountId ? success({ id: null }) : refuse('not_found');
}

/** A provider as it may be told: its secrets are masked, but for those that this very request has set. */
export type ShownProvider = Omit<Provider, 'settings'> & { readonly shown: Members };

export function showProvider({ settings, ...provider }: Provider, open: readonly string[] = []): ShownProvider {
  return { ...provider, shown: maskSettings(provider.providerName, settings, open) };
}

/** What an account, or the system, has configured. */
export async function browseProviders(ctx: RequestContext, owner: Owner): Promise<readonly ShownProvider[]> {
  return (await listProviders(ctx.store, owner.id)).map((provider) => showProvider(provider));
}

/** An account's provider by its id, the system's by its kind: with its secrets, for what changes it. `showProvider` is for telling. */
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
