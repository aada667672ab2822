import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { uuid } from '../../base/random.ts';
import { findAccount } from '../../store/accounts.ts';
import { listAuthenticators, type Authenticator } from '../../store/authenticators.ts';
import { isDuplicate } from '../../store/store.ts';
import {
  deleteUser,
  findUser,
  insertUser,
  listUsers,
  updateProfile,
  type Profile,
  type User,
} from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { issueToken } from '../session/issue-token.ts';
import { openSession } from '../session/open-session.ts';
import type { Caller } from '../session/authenticate.ts';
import { makePassword, writePassword } from '../enrollment/set-password.ts';
import { requireStepUp } from '../session/step-up.ts';

export type NewUser = Profile & {
  /** The account's id or name; the maker's own when absent. */
  readonly account?: string | undefined;
  readonly password?: string | undefined;
};

export type Made = { readonly user: User; /** A session for a user who made themself. */ readonly token?: string };

/** Makes a user: an administrator does, or anybody themself where registration is open. */
export async function createUser(
  ctx: RequestContext,
  caller: Caller | undefined,
  input: NewUser,
): Promise<Outcome<Made, Reason>> {
  const maker = caller && isAdministrator(caller) ? caller : undefined;
  if (!maker && ctx.settings.registration === 'closed') return refuse(caller ? 'forbidden' : 'registration_closed');
  if (!maker && input.password === undefined) return refuse('password_needed');
  const account = await findAccount(ctx.store, input.account ?? maker?.accountId);
  if (!account || (maker && maker.accountId !== account.id)) return refuse('unknown_account');

  const roles = maker ? input.roles : (['user'] as const);
  const made = await insertNewUser(ctx, { ...input, roles, accountId: account.id });
  if (!made.ok || maker) return made;
  return register(ctx.at(), made.value.user);
}

/** Writes a user, and their password with them. */
export async function insertNewUser(
  ctx: RequestContext,
  input: Profile &
    Pick<User, 'accountId'> &
    Partial<Pick<User, 'serviceId'>> & { readonly password?: string | undefined },
): Promise<Outcome<{ user: User }, Reason>> {
  const { password, accountId, ...profile } = input;
  const id = uuid(ctx.random, ctx.now);
  const made =
    password === undefined ? undefined : await makePassword(ctx, { id, name: profile.name }, { secret: password });
  if (made && !made.ok) return made;
  return refusingNamesTaken(() =>
    // A hash may have taken long.
    withTransaction(ctx.at(), async (tx) => {
      await writeNewUser(tx, { ...profile, id, accountId }, made?.value);
      const user = await findUser(tx.store, id);
      return user ? success({ user }) : refuse('not_found');
    }),
  );
}

/** The same in the caller's transaction. */
export async function writeNewUser(
  tx: RequestContext,
  user: Profile & Pick<User, 'id' | 'accountId'> & Partial<Pick<User, 'serviceId'>>,
  password: Authenticator | undefined,
): Promise<void> {
  await insertUser(tx.store, user, tx.now);
  if (password) await writePassword(tx, password);
  await logSuccess(tx, { action: 'user.create', accountId: user.accountId, userId: user.id });
}

/** Who registers is logged in with it, unless the account asks for more than a password. */
async function register(ctx: RequestContext, user: User): Promise<Outcome<Made, Reason>> {
  const policy = await policyOnFirst(ctx, { authModule: 'password', accountId: user.accountId });
  if (!policy) return success({ user });
  const opening = { user, epoch: user.epoch, authModule: 'password', amr: ['pwd'], secondFactor: false, policy };
  const session = await openSession(ctx, opening);
  return success({ user, token: await issueToken(ctx, session, user.accountId) });
}

/** The user that an id or `me` means to this caller: themself, or a user of an account they administer. Nobody else exists. */
export async function reachUser(ctx: RequestContext, caller: Caller, id: string): Promise<Outcome<User, Reason>> {
  if (id === 'me' || id === caller.userId) return success(caller.user);
  if (!isAdministrator(caller)) return refuse('not_found');
  const user = await findUser(ctx.store, id);
  return user && user.accountId === caller.accountId ? success(user) : refuse('not_found');
}

/** The caller's own user. */
export async function ownProfile(ctx: RequestContext, caller: Pick<Caller, 'userId'>): Promise<User | undefined> {
  return findUser(ctx.store, caller.userId);
}

/** The users of the administrator's account, in the order in which they came. */
export async function browseUsers(
  ctx: RequestContext,
  caller: Caller,
  { limit, skip }: { readonly limit: number; readonly skip: number },
): Promise<Outcome<readonly User[], Reason>> {
  if (!isAdministrator(caller)) return refuse('forbidden');
  return success(await listUsers(ctx.store, caller.accountId, limit, skip));
}

/** A user's authenticators, pending ones too. Their states are secret: a door shows what stands beside them. */
export async function browseAuthenticators(
  ctx: RequestContext,
  user: Pick<User, 'id'>,
): Promise<readonly Authenticator[]> {
  return listAuthenticators(ctx.store, user.id, ctx.now);
}

/** What is absent stays as it is. */
export type Changes = { readonly [Member in keyof Profile]?: Profile[Member] | undefined };

/** Changes a user's profile. It holds the addresses that notices go to, so it asks for the same proof as a change of factors. */
export async function changeProfile(
  ctx: RequestContext,
  caller: Caller,
  { user, changes }: { readonly user: User; readonly changes: Changes },
): Promise<Outcome<User, Reason>> {
  if (changes.roles && !isAdministrator(caller)) return refuse('forbidden');
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  return refusingNamesTaken(() =>
    withTransaction(ctx, async (tx) => {
      const written = await writeProfile(tx, user, changes);
      if (!written.ok) return written;
      await logSuccess(tx, { action: 'user.update', ...whose(user), sessionId: caller.id });
      return written;
    }),
  );
}

/** Writes what changes of a profile, in the caller's transaction. */
export async function writeProfile(tx: RequestContext, user: User, changes: Changes): Promise<Outcome<User, Reason>> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (!(await updateProfile(tx.store, user, { ...user, ...Object.fromEntries(given) }, tx.now))) return refuse('raced');
  const updated = await findUser(tx.store, user.id);
  return updated ? success(updated) : refuse('not_found');
}

/** Writes of names, of which an account has each once. */
export async function refusingNamesTaken<Value>(
  write: () => Promise<Outcome<Value, Reason>>,
): Promise<Outcome<Value, Reason>> {
  try {
    return await write();
  } catch (error) {
    if (isDuplicate(error)) return refuse('name_taken');
    throw error;
  }
}

/** Removes a user with everything they have. */
export async function removeUser(ctx: RequestContext, caller: Caller, user: User): Promise<Outcome<undefined, Reason>> {
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  return withTransaction(ctx, async (tx) => {
    if (!(await deleteUser(tx.store, user.id))) return refuse('not_found');
    await logSuccess(tx, { action: 'user.delete', ...whose(user), sessionId: caller.id });
    return success(undefined);
  });
}

const whose = (user: User) => ({ accountId: user.accountId, userId: user.id });

export const isAdministrator = (caller: Caller) => caller.roles.includes('admin');
