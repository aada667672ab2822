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

/** What another system keeps of one authenticator, in the words of its factor. */
export type SourceCredential = { readonly kind: string; readonly label: string | null; readonly kept: unknown };

/** Somebody of another system. */
export type SourceUser = Omit<Profile, 'roles'> & {
  readonly authenticators: readonly SourceCredential[];
  /** Whether a password alone does not let them in there. */
  readonly guarded: boolean;
};

/** Somebody who can be written here. */
export type ImportableUser = Omit<Profile, 'roles'> & {
  readonly authenticators: readonly Pick<NewAuthenticator, 'kind' | 'label' | 'state'>[];
};

/** Something that could not be taken, and why. Neither repeats anything that was kept. */
export type Skipped = { readonly what: string; readonly why: string };

/** A newcomer is missing where nothing was taken. */
export type JudgedUser = { readonly importable?: ImportableUser; readonly left: readonly Skipped[] };

/** The account that people move into. */
export async function findTargetAccount(
  ctx: RequestContext,
  idOrName: string | undefined,
): Promise<Outcome<Account, Reason>> {
  const account = await findAccount(ctx.store, idOrName);
  return account ? success(account) : refuse('unknown_account');
}

/**
 * What somebody can bring along. Who had a second factor and can bring none stays where they are: with a password alone they would be
 * less protected here than there.
 */
export function judgeSourceUser(ctx: RequestContext, { guarded, authenticators, ...profile }: SourceUser): JudgedUser {
  const help = factorContext(ctx);
  const left: Skipped[] = [];
  const taken: ImportableUser['authenticators'][number][] = [];
  for (const { kind, label, kept } of authenticators) {
    const factor = factorOf(kind);
    const adopted = factor.adopt?.(kept, help);
    const held = taken.filter((one) => one.kind === kind).length;
    if (!adopted?.ok) left.push({ what: kind, why: adopted?.detail ?? 'can not move from one system to another' });
    else if (held >= factor.traits.limit)
      left.push({ what: kind, why: `one may have ${factor.traits.limit} of them here` });
    else taken.push({ kind, label, state: adopted.value });
  }
  if (guarded && !taken.some(({ kind }) => hasRole(kind, 'second'))) {
    return { left: [...left, { what: 'user', why: lessProtected }] };
  }
  return { importable: { ...profile, authenticators: taken }, left };
}

const lessProtected =
  'none of their second factors can be taken, and with a password alone they would be less protected';

/**
 * Writes newcomers, all in one transaction, each with all they bring. Who has the name of a user of the account is left out, and that
 * user stays as they are. Answers with who was made.
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
    // In one order, so that two imports at once never wait for each other in a circle.
    for (const one of given.toSorted(by(({ importable }) => comparableName(importable.name)))) {
      if (await write(tx, accountId, one)) made.push(one);
    }
    for (const { id: userId } of made.toSorted(by(({ id }) => chainDigit(id)))) {
      await logSuccess(tx, { action: 'user.import', accountId, userId });
    }
    return new Set(made.map(({ importable }) => importable));
  });
}

/** Which of these newcomers would find their name taken. */
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
