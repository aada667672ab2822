import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { listTree, type TreePlace } from '../../store/account-tree.ts';
import type { Account } from '../../store/accounts.ts';
import { findProvider } from '../../store/providers.ts';
import { securityBelow } from '../../store/security.ts';
import { countUsersBelow, type Count } from '../../store/user-counts.ts';
import { accountPolicy, type Rule } from './merge-policy.ts';
import type { AuthModulesConfig, AccountConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import { authModules, type AuthModule } from './auth-modules.ts';
import { parseAccountConfig, configsDownTo } from './read-policy.ts';
import type { Reason } from '../reasons.ts';
import { demandOf } from './login-needs.ts';
import { workingProvider } from './required-provider.ts';
import { mayNameAll, namedIn } from './named-providers.ts';

/** How many users a configuration would affect at their next login through a module. */
export type AffectedUsers = {
  /** Users who must enroll the required second factor first. */
  readonly enrollment: Count;
  /** Users who cannot log in, because the module is disabled or the required provider does not work. */
  readonly lockedOut: Count;
};

export type Preview = Readonly<Record<AuthModule, AffectedUsers>>;

/**
 * Counts the users of an account and its descendants that a new configuration would affect, without changing anything.
 * It uses the code that decides logins. Whether an external provider knows a user cannot be counted.
 */
export async function previewSecurity(
  ctx: RequestContext,
  account: Account,
  config: AuthModulesConfig,
): Promise<Outcome<Preview, Reason>> {
  const { store } = ctx;
  const chain = await configsDownTo(store, account.id);
  if (!mayNameAll(account, chain, config)) return refuse('unknown_configuration');
  for (const place of namedIn(account, config))
    if (!(await findProvider(store, place))) return refuse('unknown_configuration');

  const configs = new Map(
    (await securityBelow(store, account.id)).map((row) => [row.accountId, parseAccountConfig(row)]),
  );
  configs.set(account.id, { accountId: account.id, authModules: config });
  const above = chain.filter(({ accountId }) => accountId !== account.id);
  const groups = groupsOf(await listTree(store, account.id), above, configs);
  const find = cached((named) => workingProvider(ctx, named));
  const effects = await Promise.all(
    authModules.map(async (name) => [name, await effectsOf(name, groups, find)] as const),
  );

  const counts = new Map<string | null, ReadonlyMap<string, Count>>();
  for (const { lacking } of effects.flatMap(([, all]) => all))
    if (!counts.has(lacking)) counts.set(lacking, await countUsersBelow(store, account.id, lacking));
  const count = (all: readonly Effect[]): Count =>
    all
      .flatMap(({ lacking, accounts }) => accounts.map((id) => counts.get(lacking)?.get(id) ?? noUsers))
      .reduce(add, noUsers);
  const entries = effects.map(([name, all]) => {
    const [lockedOut, enrollment] = [all.filter(isLockout), all.filter((effect) => !isLockout(effect))];
    return [name, { enrollment: count(enrollment), lockedOut: count(lockedOut) }];
  });
  return success(Object.fromEntries(entries) as Preview);
}

const noUsers: Count = { users: 0, administrators: 0 };

const add = (one: Count, other: Count): Count => ({
  users: one.users + other.users,
  administrators: one.administrators + other.administrators,
});

/** Accounts with the same policy: one with its own configuration, or all that only inherit the same configurations. */
type Group = { readonly chain: readonly AccountConfig[]; readonly accounts: readonly [string, ...string[]] };

/** `tree` has each account after its parent. */
function groupsOf(
  tree: readonly TreePlace[],
  above: readonly AccountConfig[],
  configs: ReadonlyMap<string, AccountConfig>,
): readonly Group[] {
  const chains = new Map<string | null, readonly AccountConfig[]>();
  const inheriting = new Map<readonly AccountConfig[], [string, ...string[]]>();
  const configured: Group[] = [];
  for (const { id, parentId } of tree) {
    const inherited = chains.get(parentId) ?? above;
    const own = configs.get(id);
    const chain = own ? [...inherited, own] : inherited;
    chains.set(id, chain);
    const accounts = inheriting.get(chain);
    if (own) configured.push({ chain, accounts: [id] });
    else if (accounts) accounts.push(id);
    else inheriting.set(chain, [id]);
  }
  return [...configured, ...[...inheriting].map(([chain, accounts]) => ({ chain, accounts }))];
}

/** The affected users of some accounts: those who lack a kind of factor, or all (null), who are locked out. */
type Effect = Pick<Group, 'accounts'> & { readonly lacking: string | null };

const isLockout = ({ lacking }: Effect) => lacking === null;

type Find = Parameters<typeof demandOf>[1];

async function effectsOf(authModule: AuthModule, groups: readonly Group[], find: Find): Promise<readonly Effect[]> {
  const effects: Effect[] = [];
  for (const { chain, accounts } of groups) {
    const demand = await demandOf(accountPolicy(authModule, accounts[0], chain), find);
    if (!demand.ok) effects.push({ accounts, lacking: null });
    else if (demand.value.kind !== undefined && !demand.value.verifier)
      effects.push({ accounts, lacking: demand.value.kind });
  }
  return effects;
}

/** Reads each provider once, however many accounts require it. */
function cached(find: Find): Find {
  const cache = new Map<string, ReturnType<Find>>();
  return (named: Rule['provider']) => {
    const key = named === 'system default' ? named : `${named.accountId}/${named.id}`;
    const found = cache.get(key) ?? find(named);
    cache.set(key, found);
    return found;
  };
}
