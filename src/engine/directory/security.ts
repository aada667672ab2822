import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { holdTree } from '../../store/account-tree.ts';
import type { Account } from '../../store/accounts.ts';
import { findProvider, holdProvider, type Provider, type ProviderPlace } from '../../store/providers.ts';
import { writeSecurity } from '../../store/security.ts';
import { listForLogin } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import { inheritedConfig, type AuthModulesConfig, type MultiFactor, type Said } from '../policy/account-policy.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import { authModules, type AuthModule } from '../policy/auth-modules.ts';
import type { Reason } from '../reasons.ts';
import { readPolicy, saidDownTo } from '../policy/read-policy.ts';
import { neededFor, type Origins } from '../policy/required.ts';
import type { Caller } from '../session/sessions.ts';

export type SecurityOf = {
  readonly own: AuthModulesConfig;
  readonly inherited: AuthModulesConfig;
  /** Grows with every change; 0 where the account never said anything. */
  readonly revision: number;
};

/** What an account that the caller has reached says, and what the accounts above it say for it. */
export async function readSecurity(ctx: RequestContext, account: Account): Promise<SecurityOf> {
  const chain = await saidDownTo(ctx.store, account.id);
  const own = chain.find(({ accountId }) => accountId === account.id);
  const above = chain.filter((said) => said !== own);
  return { own: own?.authModules ?? {}, inherited: inheritedConfig(above), revision: own?.revision ?? 0 };
}

/** What a provider that is named may be called beside it. */
export type ProviderNames = Pick<Provider, 'name' | 'providerName'>;

/** The providers that a configuration of an account names, by their ids. One that is gone has no names. */
export async function namesIn(
  ctx: RequestContext,
  account: Account,
  config: AuthModulesConfig,
): Promise<ReadonlyMap<string, ProviderNames>> {
  const names = new Map<string, ProviderNames>();
  for (const place of namedIn(account, config)) {
    const found = !names.has(place.id) && (await findProvider(ctx.store, place));
    if (found) names.set(place.id, found);
  }
  return names;
}

export type SecurityChange = {
  readonly account: Account;
  readonly config: AuthModulesConfig;
  readonly revision: number;
};

/** Says anew what an account says, over the revision it was read at. */
export async function writeSecurityOf(
  ctx: RequestContext,
  caller: Caller,
  { account, config, revision }: SecurityChange,
): Promise<Outcome<SecurityOf, Reason>> {
  const { now } = ctx;
  return withTransaction(ctx, async (tx) => {
    // Until this is written nobody takes the account out from under one whose provider it names.
    await holdTree(tx.store);
    const chain = await saidDownTo(tx.store, account.id);
    if (!mayNameAll(account, chain, config)) return refuse('unknown_configuration');
    if (!(await holdNamed(tx, account, config))) return refuse('unknown_configuration');
    const said = { accountId: account.id, authModules: config, revision };
    if (!(await writeSecurity(tx.store, said, now))) return refuse('raced');
    const who = { accountId: account.id, userId: caller.userId, sessionId: caller.id, objectId: account.id };
    await logSuccess(tx, { action: 'security.change', ...who });
    const inherited = inheritedConfig(chain.filter(({ accountId }) => accountId !== account.id));
    return success({ own: config, inherited, revision: revision + 1 });
  });
}

export function mayNameAll(account: Account, chain: readonly Said[], config: AuthModulesConfig): boolean {
  return authModules.every((name) => {
    const named = config[name]?.multi_factor;
    return !named || mayName(account, chain, name, named);
  });
}

/** An account names its own providers, and those of an ancestor that shares what it says with its sub-accounts. */
function mayName(account: Account, chain: readonly Said[], authModule: AuthModule, named: MultiFactor): boolean {
  const { account_id: owner = account.id } = named;
  const shares = ({ accountId, authModules: said }: Said) =>
    accountId === owner && said[authModule]?.multi_factor?.include_subaccounts === true;
  return owner === account.id || chain.some(shares);
}

/** Where the providers are that a configuration of an account names. */
export function namedIn(account: Account, config: AuthModulesConfig): readonly ProviderPlace[] {
  return authModules.flatMap((name) => {
    const { configuration_id: id, account_id: accountId = account.id } = config[name]?.multi_factor ?? {};
    return id === undefined ? [] : [{ accountId, id }];
  });
}

/** Keeps every provider that is named from being removed in this moment, in one order, so that two of these never wait for each other. */
async function holdNamed({ store }: RequestContext, account: Account, config: AuthModulesConfig): Promise<boolean> {
  for (const place of namedIn(account, config).toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
    if (!(await holdProvider(store, place))) return false;
  }
  return true;
}

/** What a login would be asked for, and why. */
export type Explained = Origins & {
  readonly asks: 'nothing' | 'any' | 'provider' | 'enrollment' | 'refused';
  /** The kinds of factor that would do. */
  readonly kinds: readonly string[];
  /** Why nobody could come in, or what would be passed over. */
  readonly reason: Reason | undefined;
};

/** Says what would be asked of a user of an account that the caller has reached, after their first factor. */
export async function explain(ctx: RequestContext, user: User, authModule: AuthModule): Promise<Explained> {
  const policy = await readPolicy(ctx.store, { authModule, accountId: user.accountId });
  const needed = await neededFor(ctx, authModule, policy, await listForLogin(ctx.store, user.id, []));
  if (!needed.ok) {
    const { ok: _ok, reason, providerName, ...origins } = needed;
    return { asks: 'refused', kinds: providerName === null ? [] : [providerName], reason, ...origins };
  }
  const { anyOf, kinds, verifier, enrolls, passedOver, ...origins } = needed.value;
  if (enrolls !== undefined)
    return { asks: 'enrollment', kinds: [enrolls], reason: 'mfa_enrollment_required', ...origins };
  if (verifier) return { asks: 'provider', kinds: kinds ?? [], reason: undefined, ...origins };
  const reason = passedOver?.reason;
  const asks = anyOf.length === 0 ? 'nothing' : kinds === null ? 'any' : 'provider';
  return { asks, kinds: [...new Set(anyOf.map(({ kind }) => kind))], reason, ...origins };
}
