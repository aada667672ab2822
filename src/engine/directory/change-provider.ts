import { mergePatch, type Members } from '../../base/merge-patch.ts';
import { refuse, success, type Refusal, type Success } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { WrongMember } from '../../base/wrong-members.ts';
import { readSettings, secretsIn } from '../../factors/provider-settings.ts';
import { isProviderKind, type Kind } from '../../factors/registry.ts';
import { deleteProvider, insertProvider, updateProvider, type Provider } from '../../store/providers.ts';
import { isDuplicate, isReferenced } from '../../store/store.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { showProvider, type Owner, type ShownProvider } from './reach-provider.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';

/** What configures a provider. */
export type ProviderInput = {
  readonly providerName: Kind;
  readonly name: string | null;
  readonly enabled: boolean;
  readonly settings: Members;
};

/** What is absent stays; null clears (RFC 7396). */
export type ProviderPatch = { readonly [Member in keyof ProviderInput]?: ProviderInput[Member] | undefined };

/** A refusal of settings says which members are wrong. */
export type ProviderOutcome<Value> = Success<Value> | (Refusal<Reason> & { readonly members?: readonly WrongMember[] });

/** Configures one more provider of an account, or the system's of that kind. */
export async function makeProvider(
  ctx: RequestContext,
  caller: Caller,
  { owner, given }: { readonly owner: Owner; readonly given: ProviderInput },
): Promise<ProviderOutcome<ShownProvider>> {
  const { now } = ctx;
  const read = readSettings(given.providerName, given.settings, ctx.settings);
  if (!read.ok) return wrongSettings(read.members);
  const id = timeOrderedHex(ctx.random, now);
  const made = { ...given, id, accountId: owner.id, settings: read.settings };
  try {
    return await withTransaction(ctx, async (tx) => {
      await insertProvider(tx.store, made, now);
      await logSuccess(tx, changed('provider.make', caller, made));
      return success(showProvider({ ...made, revision: 0 }, secretsIn(given.providerName, given.settings)));
    });
  } catch (error) {
    // Somebody else made the system's, or removed the account.
    if (isDuplicate(error) || isReferenced(error)) return refuse('raced');
    throw error;
  }
}

/** Puts another configuration in the place of a provider's. Its kind stays, for those who refer to it chose it for that. */
export async function replaceProvider(
  ctx: RequestContext,
  caller: Caller,
  { provider, given: { providerName, ...given } }: { readonly provider: Provider; readonly given: ProviderInput },
): Promise<ProviderOutcome<ShownProvider>> {
  const kind = kindOf(provider, providerName);
  return kind.ok ? write(ctx, caller, { provider, ...given, kind: kind.value, set: given.settings }) : kind;
}

/** Changes members of a provider's configuration; what comes out of it has to be right as a whole. */
export async function patchProvider(
  ctx: RequestContext,
  caller: Caller,
  { provider, patch }: { readonly provider: Provider; readonly patch: ProviderPatch },
): Promise<ProviderOutcome<ShownProvider>> {
  const kind = kindOf(provider, patch.providerName);
  if (!kind.ok) return kind;
  const { name = provider.name, enabled = provider.enabled, settings: set = {} } = patch;
  const settings = mergePatch(provider.settings, set);
  return write(ctx, caller, { provider, kind: kind.value, name, enabled, settings, set });
}

/** Removes a provider, unless somebody's security refers to it: what asks for a second factor would ask for nobody's. */
export async function removeProvider(
  ctx: RequestContext,
  caller: Caller,
  provider: Provider,
): Promise<ProviderOutcome<ShownProvider>> {
  return withTransaction(ctx, async (tx) => {
    const removed = await deleteProvider(tx.store, provider);
    if (removed !== 'done') return refuse(removed);
    await logSuccess(tx, changed('provider.remove', caller, provider));
    return success(showProvider(provider));
  });
}

type Next = Omit<ProviderInput, 'providerName'> & {
  readonly provider: Provider;
  readonly kind: Kind;
  /** The settings that came with the request. */
  readonly set: Members;
};

async function write(
  ctx: RequestContext,
  caller: Caller,
  { provider, kind, name, enabled, settings, set }: Next,
): Promise<ProviderOutcome<ShownProvider>> {
  const read = readSettings(kind, settings, ctx.settings, provider.settings);
  if (!read.ok) return wrongSettings(read.members);
  const { now } = ctx;
  const next = { name, enabled, settings: read.settings };
  return withTransaction(ctx, async (tx) => {
    if (!(await updateProvider(tx.store, provider, next, now))) return refuse('raced');
    await logSuccess(tx, changed('provider.change', caller, provider));
    return success(showProvider({ ...provider, ...next, revision: provider.revision + 1 }, secretsIn(kind, set)));
  });
}

/** The kind of a provider, where none or the same was given. One that this program does not know is not for it to change. */
function kindOf({ providerName: kept }: Provider, given: string | undefined): ProviderOutcome<Kind> {
  if (isProviderKind(kept) && (given === undefined || given === kept)) return success(kept);
  const detail = `is ${kept} and stays so`;
  return { ...refuse('invalid_settings'), members: [{ path: ['provider_name'], detail, missing: false }] };
}

function wrongSettings(members: readonly WrongMember[]): ProviderOutcome<never> {
  const inside = members.map((member) => ({ ...member, path: ['settings', ...member.path] }));
  return { ...refuse('invalid_settings'), members: inside };
}

/** What the system's is changed by, and for, stands in the log of the root. */
function changed(action: string, caller: Caller, { id, accountId }: Pick<Provider, 'id' | 'accountId'>): AttemptFacts {
  return {
    action,
    accountId: accountId ?? caller.accountId,
    userId: caller.userId,
    sessionId: caller.id,
    objectId: id,
  };
}
