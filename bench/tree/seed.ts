import { base32Encode } from '../../src/base/base32.ts';
import { success } from '../../src/base/outcome.ts';
import { systemRandom, timeOrderedHex, uuid } from '../../src/base/random.ts';
import type { Context } from '../../src/engine/context.ts';
import { insertAccount, rootAccount } from '../../src/store/accounts.ts';
import { insertAuthenticator } from '../../src/store/authenticators.ts';
import { insertProvider } from '../../src/store/providers.ts';
import { writeSecurity } from '../../src/store/security.ts';
import { inTransaction, type Store } from '../../src/store/store.ts';
import { insertUser } from '../../src/store/users.ts';
import { attemptRows } from './attempts.ts';
import { writeInBatches } from './batches.ts';
import { prng } from '../../kit/prng.ts';
import type { Progress } from './progress.ts';
import { seedLeftovers } from './leftovers.ts';
import { chain, measured, shapeOf } from './shape.ts';

export type Size = { readonly accounts: number; readonly users: number; readonly attempts: number };

/** What is measured in a tree, whatever its size. */
export type Tree = {
  /** The ids of the root and of the account at the end of the chain. */
  readonly root: string;
  readonly account: string;
  /** Its parent, with few second factors and few failures. */
  readonly plain: string;
  /** The account in the middle of the list. */
  readonly middle: string;
  /** The user with few attempts in a busy account. */
  readonly owner: string;
};

/** The password of all users. */
export const password = 'the password of everybody';
export const totpKey = Buffer.from('twenty bytes of key.');
/** The users who log in, by the cost of their password's hash. */
export const people = { real: 'ada', cheap: 'grace' } as const;

/** Rows that are inserted one by one in one transaction. */
const perTransaction = 2000;

/**
 * Fills a database that has its root account: accounts with providers and policies, users with passwords and apps, and a year of attempts.
 * `hashes` are the password's, at the two costs.
 */
export async function seed(
  ctx: Context,
  size: Size,
  hashes: Readonly<Record<keyof typeof people, string>>,
  tell: Progress,
): Promise<Tree> {
  const now = ctx.clock.now();
  const accounts = await seedAccounts(ctx, size.accounts, tell);
  const [root = '', account = '', plain = ''] = [accounts[0], accounts[measured], accounts[measured - 1]];
  const owner = await addUser(ctx, { account, name: people.cheap, hash: hashes.cheap, withApp: true });
  await addUser(ctx, { account, name: people.real, hash: hashes.real, withApp: true });

  const draw = prng(size.users);
  const users: { readonly id: string; readonly account: string }[] = [];
  await inBatches(ctx, { what: 'users', all: size.users - 2 }, tell, async (tx, at) => {
    // Early accounts have more users, and the measured ones a twentieth of them all each.
    const drawn = accounts[Math.floor(accounts.length * draw() ** 2)] ?? root;
    const chosen = [account, plain][at % 20] ?? drawn;
    const made = { account: chosen, name: `user ${at}`, hash: hashes.cheap, withApp: draw() < 0.3 };
    users.push({ id: await addUser({ ...ctx, store: tx }, made), account: chosen });
  });

  const group = (of: string) => ({
    account: of,
    users: users.filter((user) => user.account === of).map(({ id }) => id),
  });
  // The plain account has only its own kinds of attempts.
  const others = users.filter((user) => user.account !== plain);
  const population = { busy: group(account), plain: group(plain), person: owner, others };
  const row = attemptRows(population, size.attempts, now);
  await writeInBatches(ctx.store.db, { table: 'attempts', all: size.attempts, row }, tell);
  await seedLeftovers(ctx, users, tell);
  const middle = accounts[Math.floor(accounts.length / 2)] ?? '';
  return { root, account, plain, middle, owner };
}

/** Returns their ids, by number. */
async function seedAccounts(ctx: Context, count: number, tell: Progress): Promise<readonly string[]> {
  const { parents } = shapeOf(count);
  const root = await rootAccount(ctx.store);
  const ids = [root?.id ?? ''];
  await inBatches(ctx, { what: 'accounts', all: count - 1 }, tell, async (tx, at) => {
    const account = at + 1;
    const now = ctx.clock.now();
    const id = timeOrderedHex(systemRandom, now);
    ids.push(id);
    await insertAccount(tx, { id, parentId: ids[parents[account] ?? 0] ?? null, name: `account ${account}` }, now);
    // Each account above the measured one has a policy; elsewhere one in twenty.
    if (chain.some((link) => link === account) || account % 20 === 0) await requireApp(tx, id, now);
  });
  return ids;
}

/** Makes an account require an authenticator app, also below it, with its own provider. */
async function requireApp(tx: Store, accountId: string, now: number): Promise<void> {
  const id = timeOrderedHex(systemRandom, now);
  const provider = { id, accountId, providerName: 'totp', name: 'apps', enabled: true, settings: {} };
  await insertProvider(tx, provider, now);
  const multi_factor = { enabled: true, include_subaccounts: true, configuration_id: id };
  await writeSecurity(tx, { accountId, authModules: { user_auth: { multi_factor } }, revision: 0 }, now);
}

type NewUser = {
  readonly account: string;
  readonly name: string;
  readonly hash: string;
  readonly withApp: boolean;
};

async function addUser({ store, clock }: Pick<Context, 'store' | 'clock'>, made: NewUser): Promise<string> {
  const now = clock.now();
  const id = uuid(systemRandom, now);
  const names = {
    name: made.name,
    email: `${made.name.replace(' ', '.')}@example.com`,
    firstName: null,
    lastName: null,
  };
  await insertUser(store, { id, accountId: made.account, ...names, phone: null, roles: ['user'] }, now);
  const own = { userId: id, label: null, status: 'active' } as const;
  const hashed = { ...own, id: uuid(systemRandom, now), kind: 'password', state: { hash: made.hash } };
  await insertAuthenticator(store, hashed, now);
  if (!made.withApp) return id;
  const state = { algorithm: 'SHA1', digits: 6, period: 30, seed: base32Encode(totpKey), lastStep: -1 };
  await insertAuthenticator(store, { ...own, id: uuid(systemRandom, now), kind: 'totp', state }, now);
  return id;
}

/** Repeats some work, many times in one transaction. */
async function inBatches(
  { store }: Context,
  { what, all }: { readonly what: string; readonly all: number },
  tell: Progress,
  work: (tx: Store, at: number) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < all; start += perTransaction) {
    const end = Math.min(all, start + perTransaction);
    await inTransaction(store, async (tx) => {
      for (let at = start; at < end; at += 1) await work(tx, at);
      return success(undefined);
    });
    tell(what, end, all);
  }
}
