import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { uuid } from '../../base/random.ts';
import { comparableName } from '../../base/text.ts';
import { factorOf, hasRole } from '../../factors/registry.ts';
import { findAccount, type Account } from '../../store/accounts.ts';
import { chainDigit } from '../../store/attempt-chain.ts';
import { insertAuthenticator, type NewAuthenticator } from '../../store/authenticators.ts';
import { insertUserUnlessNameTaken, namesTaken, type Profile } from '../../store/users.ts';
import { factorContext, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';

/** An authenticator of another system. Its factor parses `imported`, the data that the other system stores. */
export type SourceCredential = { readonly kind: string; readonly label: string | null; readonly imported: unknown };

/** A user of another system. */
export type SourceUser = Omit<Profile, 'roles'> & {
  readonly authenticators: readonly SourceCredential[];
  /** Whether the other system requires a second factor of them. */
  readonly guarded: boolean;
};

/** A user who can be inserted here. */
export type ImportableUser = Omit<Profile, 'roles'> & {
  readonly authenticators: readonly Pick<NewAuthenticator, 'kind' | 'label' | 'state'>[];
};

/** Something that is not imported, and why. Neither member quotes the other system's data. */
export type Skipped = { readonly what: string; readonly why: string };

/** `importable` is absent if the user is not imported; `skipped` lists the rest. */
export type JudgedUser = { readonly importable?: ImportableUser; readonly skipped: readonly Skipped[] };

/** The account into which users are imported. */
export async function findTargetAccount(
  ctx: RequestContext,
  idOrName: string | undefined,
): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, idOrName);
  return account ? success(account) : refuse('unknown_account');
}

/**
 * Decides which authenticators of a user can be imported. A user who must use a second factor in the other system, but
 * has none that can be imported, is skipped: with a password alone they would be less protected here.
 */
export function judgeSourceUser(ctx: RequestContext, { guarded, authenticators, ...profile }: SourceUser): JudgedUser {
  const context = factorContext(ctx);
  const skipped: Skipped[] = [];
  const importable: ImportableUser['authenticators'][number][] = [];
  for (const { kind, label, imported } of authenticators) {
    const factor = factorOf(kind);
    const adopted = factor.adopt?.(imported, context);
    const count = importable.filter((one) => one.kind === kind).length;
    if (!adopted?.ok) skipped.push({ what: kind, why: adopted?.detail ?? 'cannot be imported' });
    else if (count >= factor.traits.limit)
      skipped.push({ what: kind, why: `exceeds the limit of ${factor.traits.limit} for each user` });
    else importable.push({ kind, label, state: adopted.value });
  }
  if (guarded && !importable.some(({ kind }) => hasRole(kind, 'second'))) {
    return { skipped: [...skipped, { what: 'user', why: lessProtected }] };
  }
  return { importable: { ...profile, authenticators: importable }, skipped };
}

const lessProtected =
  'none of their second factors can be imported, and with a password alone they would be less protected';

/**
 * Inserts users with their authenticators in one transaction. Existing users are not changed. Returns the users that
 * were inserted.
 */
export async function importUsers(
  ctx: RequestContext,
  accountId: string,
  importables: readonly ImportableUser[],
): Promise<ReadonlySet<ImportableUser>> {
  const { now } = ctx;
  const given = importables.map((importable) => ({ importable, id: uuid(ctx.random, now) }));
  return ctx.store.db.transaction().execute(async (db) => {
    const tx = { ...ctx, store: { ...ctx.store, db } };
    const made: typeof given = [];
    // Two simultaneous imports insert in the same order, so deadlock is impossible.
    for (const one of given.toSorted(by(({ importable }) => comparableName(importable.name)))) {
      if (await write(tx, accountId, one)) made.push(one);
    }
    for (const { id: userId } of made.toSorted(by(({ id }) => chainDigit(id)))) {
      await logSuccess(tx, { action: 'user.import', accountId, userId });
    }
    return new Set(made.map(({ importable }) => importable));
  });
}

/** The users whose name is already taken. */
export async function findExistingUsers(
  ctx: RequestContext,
  accountId: string,
  importables: readonly ImportableUser[],
): Promise<ReadonlySet<ImportableUser>> {
  const keys = importables.map(({ name }) => comparableName(name));
  const taken = await namesTaken(ctx.store, accountId, keys);
  return new Set(importables.filter(({ name }) => taken.has(comparableName(name))));
}

type IdentifiedUser = { readonly importable: ImportableUser; readonly id: string };

async function write(
  tx: RequestContext,
  accountId: string,
  { importable: { authenticators, ...profile }, id }: IdentifiedUser,
): Promise<boolean> {
  const user = { ...profile, id, accountId, roles: ['user' as const] };
  if (!(await insertUserUnlessNameTaken(tx.store, user, tx.now))) return false;
  for (const authenticator of authenticators) {
    const made = { ...authenticator, id: uuid(tx.random, tx.now), userId: id, status: 'active' as const };
    await insertAuthenticator(tx.store, made, tx.now);
  }
  return true;
}

function by<Value>(key: (value: Value) => string): (one: Value, other: Value) => number {
  return (one, other) => (key(one) < key(other) ? -1 : Number(key(one) > key(other)));
}
