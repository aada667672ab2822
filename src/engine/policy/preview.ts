import { refuse, success, type Success } from '../../base/outcome.ts';
import { listTree, type TreePlace } from '../../store/account-tree.ts';
import type { Account } from '../../store/accounts.ts';
import { findProvider } from '../../store/providers.ts';
import { securityBelow } from '../../store/security.ts';
import { countUsersInTree, type UserCounts } from '../../store/user-counts.ts';
import { accountPolicy, type Rule } from './merge-policy.ts';
import { accountConfig, type AccountConfig, type AccountRules, type AuthModulesConfig } from './configuration.ts';
import type { RequestContext } from '../context.ts';
import type { AuthModule } from './auth-modules.ts';
import { policyModules, type PolicyModule } from './module-names.ts';
import { parseAccountConfig, configsDownTo } from './read-policy.ts';
import { demandOf } from './login-needs.ts';
import { workingProvider } from './required-provider.ts';
import { namedIn } from './named-providers.ts';
import { mayConfigure, type ConfigRefusal } from './may-configure.ts';

/** How many users a configuration would affect at their next login through a module. */
export type AffectedUsers = {
  /** Users who must enroll the required second factor first. */
  readonly enrollment: UserCount;
  /** Users who cannot log in, because the module is disabled or the required provider does not work. */
  readonly lockedOut: UserCount;
};

export type UserCount = Pick<UserCounts, 'users' | 'administrators'>;

export type Preview = Readonly<Record<AuthModule, AffectedUsers>>;

/**
 * Counts the users of an account and its descendants that a new configuration would affect, without changing anything.
 * It uses the code that decides logins. Whether an external provider knows a user cannot be counted.
 */
export async function previewSecurity(
  ctx: RequestContext,
  account: Account,
  { config, rules }: { readonly config: AuthModulesConfig; readonly rules: AccountRules },
): Promise<Success<Preview> | ConfigRefusal> {
  const { store } = ctx;
  const chain = await configsDownTo(store, account.id);
  const own = accountConfig(account.id, config, { rules });
  const allowed = mayConfigure(account, chain, own);
  if (!allowed.ok) return allowed;
  for (const place of namedIn(account, config))
    if (!(await findProvider(store, place))) return refuse('unknown_configuration');

  const configs = new Map(
    (await securityBelow(store, account.id)).map((row) => [row.accountId, parseAccountConfig(row)]),
  );
  configs.set(account.id, own);
  const above = chain.filter(({ accountId }) => accountId !== account.id);
  const groups = groupsOf(await listTree(store, account.id), above, configs);
  const find = cached((named) => workingProvider(ctx, named));
  const effects = await Promise.all(
    policyModules.map(async (name) => [name, await effectsOf(name, groups, find)] as const),
  );

  const counts = await countLacking(ctx, account, effects);
  const affected = (name: PolicyModule, all: readonly Effect[]) =>
    all
      .flatMap(({ withoutKind, accounts }) => accounts.map((id) => counts.get(withoutKind)?.get(id) ?? noUsers))
      .map((found) => concerned(name, found))
      .reduce(add, noUsers);
  const byModule = new Map<AuthModule, AffectedUsers>();
  for (const [name, all] of effects) {
    const module = name === 'service apikey' ? 'apikey' : name;
    const { enrollment, lockedOut } = byModule.get(module) ?? { enrollment: noUsers, lockedOut: noUsers };
    const enrolling = all.filter((effect) => !isLockout(effect));
    byModule.set(module, {
      enrollment: add(enrollment, affected(name, enrolling)),
      lockedOut: add(lockedOut, affected(name, all.filter(isLockout))),
    });
  }
  return success(Object.fromEntries(byModule) as Preview);
}

type Effects = readonly (readonly [PolicyModule, readonly Effect[]])[];

/** Counts the users who lack each kind of factor, by account. */
async function countLacking({ store }: RequestContext, account: Account, effects: Effects) {
  const counts = new Map<string | null, ReadonlyMap<string, UserCounts>>();
  for (const { withoutKind } of effects.flatMap(([, all]) => all))
    if (!counts.has(withoutKind)) counts.set(withoutKind, await countUsersInTree(store, account.id, withoutKind));
  return counts;
}

const noUsers = { users: 0, administrators: 0, services: 0 };

/** Of some users, those whom a policy of the module concerns. */
function concerned(name: PolicyModule, { users, administrators, services }: UserCounts): UserCount {
  if (name === 'service apikey') return { users: services, administrators: 0 };
  return { users: name === 'apikey' ? users - services : users, administrators };
}

const add = (one: UserCount, other: UserCount): UserCount => ({
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
type Effect = Pick<Group, 'accounts'> & { readonly withoutKind: string | null };

const isLockout = ({ withoutKind }: Effect) => withoutKind === null;

type Find = Parameters<typeof demandOf>[1];

async function effectsOf(module: PolicyModule, groups: readonly Group[], find: Find): Promise<readonly Effect[]> {
  const effects: Effect[] = [];
  for (const { chain, accounts } of groups) {
    const demand = await demandOf(accountPolicy(module, accounts[0], chain), find);
    if (!demand.ok) effects.push({ accounts, withoutKind: null });
    else if (demand.value.kind !== undefined && !demand.value.verifier)
      effects.push({ accounts, withoutKind: demand.value.kind });
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
