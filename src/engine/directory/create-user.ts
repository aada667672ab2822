import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { uuid } from '../../base/random.ts';
import { findAccount } from '../../store/accounts.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { findUser, insertUser, type Profile, type User } from '../../store/users.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { issueToken } from '../session/issue-token.ts';
import { createSession } from '../session/create-session.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';
import { requireManageable } from '../session/manage-key.ts';
import { makePassword, writePassword } from '../enrollment/set-password.ts';
import { refusingNamesTaken } from './change-user.ts';
import { requireOneKind } from './roles.ts';

export type NewUser = Profile & {
  /** The account's id or name; by default the caller's account. */
  readonly account?: string | undefined;
  readonly password?: string | undefined;
};

export type Made = {
  readonly user: User;
  /** An access token for a user who registered themselves. */ readonly token?: string;
};

/** Creates a user, for an administrator or, if registration is open, for the user themselves. */
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
  const allowed = maker ? requireManageable(maker, input) : success(undefined);
  if (!allowed.ok) return allowed;

  const roles = maker ? input.roles : (['user'] as const);
  const made = await insertNewUser(ctx, { ...input, roles, accountId: account.id });
  if (!made.ok || maker) return made;
  return register(ctx.at(), made.value.user);
}

/** Inserts a user, with a password if one is given. */
export async function insertNewUser(
  ctx: RequestContext,
  input: Profile &
    Pick<User, 'accountId'> &
    Partial<Pick<User, 'serviceId'>> & { readonly password?: string | undefined },
): Promise<Outcome<{ user: User }, Reason>> {
  const { password, accountId, ...profile } = input;
  const allowed = requireOneKind(profile.roles);
  if (!allowed.ok) return allowed;
  const id = uuid(ctx.random, ctx.now);
  const made =
    password === undefined ? undefined : await makePassword(ctx, { id, name: profile.name }, { secret: password });
  if (made && !made.ok) return made;
  return refusingNamesTaken(() =>
    // The hash may have waited in the queue.
    withTransaction(ctx.at(), async (tx) => {
      await writeNewUser(tx, { ...profile, id, accountId }, made?.value);
      const user = await findUser(tx.store, id);
      return user ? success({ user }) : refuse('not_found');
    }),
  );
}

/** Inserts a user in the caller's transaction. */
export async function writeNewUser(
  tx: RequestContext,
  user: Profile & Pick<User, 'id' | 'accountId'> & Partial<Pick<User, 'serviceId'>>,
  password: Authenticator | undefined,
): Promise<void> {
  await insertUser(tx.store, user, tx.now);
  if (password) await writePassword(tx, password);
  await logSuccess(tx, { action: 'user.create', accountId: user.accountId, userId: user.id });
}

/** Logs a new user in, unless the account requires more than a password. */
async function register(ctx: RequestContext, user: User): Promise<Outcome<Made, Reason>> {
  const policy = await policyOnFirst(ctx, { authModule: 'password', ...user });
  if (!policy || !user.isActive) return success({ user });
  const input = { user, epoch: user.epoch, authModule: 'password', amr: ['pwd'], secondKinds: [], policy };
  const session = await createSession(ctx, input);
  return success({ user, token: await issueToken(ctx, session, user.accountId) });
}
