import { mergePatch, type Members } from '../../base/merge-patch.ts';
import { refuse, success, type Refusal, type Success } from '../../base/outcome.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { WrongMember } from '../../base/wrong-members.ts';
import { readSettings, secretsIn } from '../../factors/provider-settings.ts';
import { isProviderKind, type Kind } from '../../factors/registry.ts';
import { deleteProvider, insertProvider, isInUse, updateProvider, type Provider } from '../../store/providers.ts';
import { isDuplicate, isReferenced } from '../../store/store.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess, type AttemptFacts } from '../audit/log-attempt.ts';
import { showProvider, type Owner, type ShownProvider } from './reach-provider.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { isManageKey } from '../session/manage-key.ts';

/** The configuration of a provider. */
export type ProviderInput = {
  readonly providerName: Kind;
  readonly name: string | null;
  readonly enabled: boolean;
  readonly settings: Members;
};

/** A JSON merge patch (RFC 7396): absent members are not changed, null clears a member. */
export type ProviderPatch = { readonly [Member in keyof ProviderInput]?: ProviderInput[Member] | undefined };

/** If settings are refused, `members` says which are wrong. */
export type ProviderOutcome<Value> = Success<Value> | (Refusal<Reason> & { readonly members?: readonly WrongMember[] });

/** Creates a provider of an account or of the system. */
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
    // Another request created the system's provider of this kind, or removed the account.
    if (isDuplicate(error) || isReferenced(error)) return refuse('raced');
    throw error;
  }
}

/**
 * Replaces a provider's configuration. Its kind cannot change, because accounts that refer to it have chosen that kind.
 */
export async function replaceProvider(
  ctx: RequestContext,
  caller: Caller,
  { provider, given: { providerName, ...given } }: { readonly provider: Provider; readonly given: ProviderInput },
): Promise<ProviderOutcome<ShownProvider>> {
  const kind = kindOf(provider, providerName);
  return kind.ok ? write(ctx, caller, { provider, ...given, kind: kind.value, set: given.settings }) : kind;
}

/** Changes members of a provider's configuration. The result must be valid as a whole. */
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

/** Removes a provider, unless an account's security configuration refers to it. */
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
  /** The settings in the request, whose secrets may be shown in the response. */
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
    // With the keys of a required provider, a program could log in as every user who has to use it.
    if (isManageKey(caller) && (await isInUse(tx.store, provider.id))) return refuse('unattended');
    await logSuccess(tx, changed('provider.change', caller, provider));
    return success(showProvider({ ...provider, ...next, revision: provider.revision + 1 }, secretsIn(kind, set)));
  });
}

/**
 * The kind of a provider. Refuses a different kind in the request, and a provider of a kind that this version does not
 * know.
 */
function kindOf({ providerName: current }: Provider, given: string | undefined): ProviderOutcome<Kind> {
  if (isProviderKind(current) && (given === undefined || given === current)) return success(current);
  const detail = `is ${current} and cannot be changed`;
  return { ...refuse('invalid_settings'), members: [{ path: ['provider_name'], detail, missing: false }] };
}

function wrongSettings(members: readonly WrongMember[]): ProviderOutcome<never> {
  const inside = members.map((member) => ({ ...member, path: ['settings', ...member.path] }));
  return { ...refuse('invalid_settings'), members: inside };
}

/** Changes to the system's providers are logged in the caller's account, which is the root. */
function changed(action: string, caller: Caller, { id, accountId }: Pick<Provider, 'id' | 'accountId'>): AttemptFacts {
  return {
    action,
    accountId: accountId ?? caller.accountId,
    userId: caller.userId,
    sessionId: caller.id,
    objectId: id,
  };
}
