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

/** Whom a configuration would stop at their next login through a module. */
export type AffectedUsers = {
  /** A second factor is required that they have to enrol first. */
  readonly enrollment: Count;
  /** Nobody comes in: the module is closed, or the provider that is required does not work. */
  readonly lockedOut: Count;
};

export type Preview = Readonly<Record<AuthModule, AffectedUsers>>;

/**
 * Says what would become of the users of an account that the caller has reached, and of all below it, if the account said this. It is decided by
 * what decides logins; whether a provider that verifies by itself knows them, it alone could tell. Nothing is changed.
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

  const said = new Map((await securityBelow(store, account.id)).map((row) => [row.accountId, parseAccountConfig(row)]));
  said.set(account.id, { accountId: account.id, authModules: config });
  const above = chain.filter(({ accountId }) => accountId !== account.id);
  const groups = groupsOf(await listTree(store, account.id), above, said);
  const find = once((named) => workingProvider(ctx, named));
  const stops = await Promise.all(authModules.map(async (name) => [name, await stopsOf(name, groups, find)] as const));

  const counted = new Map<string | null, ReadonlyMap<string, Count>>();
  for (const { lacking } of stops.flatMap(([, all]) => all))
    if (!counted.has(lacking)) counted.set(lacking, await countUsersBelow(store, account.id, lacking));
  const count = (all: readonly Stop[]): Count =>
    all
      .flatMap(({ lacking, members }) => members.map((id) => counted.get(lacking)?.get(id) ?? nobody))
      .reduce(add, nobody);
  const entries = stops.map(([name, all]) => {
    const [lockedOut, enrollment] = [all.filter(isForAll), all.filter((stop) => !isForAll(stop))];
    return [name, { enrollment: count(enrollment), lockedOut: count(lockedOut) }];
  });
  return success(Object.fromEntries(entries) as Preview);
}

const nobody: Count = { users: 0, administrators: 0 };

const add = (one: Count, other: Count): Count => ({
  users: one.users + other.users,
  administrators: one.administrators + other.administrators,
});

/** Accounts in which the same holds: one that says something itself, or those that say nothing below the same words. */
type Group = { readonly chain: readonly AccountConfig[]; readonly members: readonly [string, ...string[]] };

/** `tree` has each account after its parent. */
function groupsOf(
  tree: readonly TreePlace[],
  above: readonly AccountConfig[],
  said: ReadonlyMap<string, AccountConfig>,
): readonly Group[] {
  const chains = new Map<string | null, readonly AccountConfig[]>();
  const silent = new Map<readonly AccountConfig[], [string, ...string[]]>();
  const speaking: Group[] = [];
  for (const { id, parentId } of tree) {
    const inherited = chains.get(parentId) ?? above;
    const own = said.get(id);
    const chain = own ? [...inherited, own] : inherited;
    chains.set(id, chain);
    const members = silent.get(chain);
    if (own) speaking.push({ chain, members: [id] });
    else if (members) members.push(id);
    else silent.set(chain, [id]);
  }
  return [...speaking, ...[...silent].map(([chain, members]) => ({ chain, members }))];
}

/** Who is stopped in some accounts: those who lack a kind of factor, or everybody. */
type Stop = Pick<Group, 'members'> & { readonly lacking: string | null };

const isForAll = ({ lacking }: Stop) => lacking === null;

type Find = Parameters<typeof demandOf>[1];

async function stopsOf(authModule: AuthModule, groups: readonly Group[], find: Find): Promise<readonly Stop[]> {
  const stops: Stop[] = [];
  for (const { chain, members } of groups) {
    const demand = await demandOf(accountPolicy(authModule, members[0], chain), find);
    if (!demand.ok) stops.push({ members, lacking: null });
    else if (demand.value.kind !== undefined && !demand.value.verifier)
      stops.push({ members, lacking: demand.value.kind });
  }
  return stops;
}

/** Each provider is read once, however many accounts require it. */
function once(find: Find): Find {
  const known = new Map<string, ReturnType<Find>>();
  return (named: Rule['provider']) => {
    const key = named === 'system default' ? named : `${named.accountId}/${named.id}`;
    const found = known.get(key) ?? find(named);
    known.set(key, found);
    return found;
  };
}
