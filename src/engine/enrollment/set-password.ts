import { success, type Outcome } from '../../base/outcome.ts';
import { password } from '../../factors/password.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../../store/authenticators.ts';
import { endScopedKeys } from '../../store/usable-key.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import type { RequestContext } from '../context.ts';
import { makeAuthenticator } from './make-authenticator.ts';
import { isUnattended, unattendedKinds } from '../policy/auth-modules.ts';
import { providerPolicy } from '../policy/provider-policy.ts';
import { secondFactors } from '../policy/second-factors.ts';
import { proveCurrentPassword } from '../proof/prove-current-password.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';
import { requireChangeable } from '../session/enrollment-actor.ts';
import { isRecent, requireStepUp } from '../proof/fresh-proof.ts';

export type NewPassword = {
  readonly secret: string;
  readonly label: string | null;
};

/** The password, and the next tokens of the session that has changed it. */
export type ChangedPassword = IssuedTokens & {
  readonly authenticator: Authenticator;
  readonly surviving: Surviving;
};

/** The keys and device secrets that open a login without the password, as before. */
export type Surviving = readonly Authenticator[];

const { kind } = password;

/** Sets the caller's password, if `requirePasswordProof` allows it. */
export async function setPassword(
  ctx: RequestContext,
  caller: Caller,
  { secret, label }: NewPassword,
): Promise<Outcome<ChangedPassword, Reason>> {
  const allowed = await requirePasswordProof(ctx, caller);
  if (!allowed.ok) return allowed;
  const { user, surviving } = allowed.value;
  const made = await makePassword(ctx, user, { secret, label });
  if (!made.ok) return made;
  const changed = await changeFactors(ctx.at(), { user, caller, ...passwordChange(caller) }, async (tx) => {
    await writePassword(tx, made.value);
    return success({ authenticator: made.value });
  });
  if (!changed.ok) return changed;
  return success({ ...changed.value, surviving, ...(await issueNextTokens(ctx.at(), caller)) });
}

/** The event and the notice of a user's change of their own password. */
export const passwordChange = ({ id: sessionId }: Caller) =>
  ({ facts: { action: 'password.set', factor: kind, sessionId }, notice: { name: 'password_changed' } }) as const;

/**
 * Allows the caller to set their own password. To change one, they need a recent proof of a second factor that they had
 * before the login, or else the current password (`ctx.currentPassword`): a login alone is not enough (ASVS 5 6.2.3).
 */
export async function requirePasswordProof(
  ctx: RequestContext,
  caller: Caller,
): Promise<Outcome<{ readonly user: User; readonly surviving: Surviving }, Reason>> {
  const may = requireChangeable(caller, kind);
  if (!may.ok) return may;
  // Without `authTime`, an old login is not refused here: the current password is required below instead.
  const { authTime: _authTime, ...prover } = caller;
  const allowed = await requireStepUp(ctx, prover);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const hasPassword = authenticators.some((one) => one.kind === kind);
  if (hasPassword && !(await provesMoreThanLogin(ctx, caller, authenticators))) {
    const { id: userId, accountId } = user;
    const { facts } = passwordChange(caller);
    const known = await proveCurrentPassword(ctx, authenticators, { ...facts, accountId, userId });
    if (!known.ok) return known;
  }
  return success({ user, surviving: authenticators.filter((one) => isUnattended(one.kind)) });
}

/**
 * Whether a session has recently proven a second factor that its user had before the login, or one that a provider keeps.
 * A factor that was enrolled since proves no more than the login.
 */
async function provesMoreThanLogin(
  ctx: RequestContext,
  caller: Caller,
  authenticators: readonly Authenticator[],
): Promise<boolean> {
  if (!isRecent(caller.secondFactorAt, ctx.now)) return false;
  const enrolled = secondFactors(authenticators);
  if (enrolled.length > 0) return enrolled.some(({ createdAt }) => createdAt <= caller.authTime);
  return (await providerPolicy(ctx, caller)) !== undefined;
}

/**
 * Makes a password authenticator without inserting it, because hashing is slow and must happen outside a transaction.
 */
export async function makePassword(
  ctx: RequestContext,
  user: Pick<User, 'id' | 'name'>,
  { secret, label = null }: { readonly secret: string; readonly label?: string | null },
): Promise<Outcome<Authenticator, Reason>> {
  const made = await makeAuthenticator(ctx, password, { user, input: { secret }, label });
  if (!made.ok) return made;
  const { id, state } = made.value.authenticator;
  // The hash may have waited in the queue.
  const { now } = ctx.at();
  const times = { createdAt: now, updatedAt: now, lastUsedAt: null };
  return success({
    id,
    userId: user.id,
    kind,
    label,
    state,
    status: 'active',
    revision: 0,
    ...times,
    expiresAt: null,
    scope: null,
  });
}

/**
 * Replaces the password of a user who may have lost control of the old one: their keys and device secrets end too, and
 * the keys that they have made for other administrators.
 */
export async function resetPassword(tx: RequestContext, made: Authenticator): Promise<void> {
  await writePassword(tx, made);
  await removeKinds(tx.store, made.userId, unattendedKinds);
  await endScopedKeys(tx.store, made.userId);
}

/** Replaces a user's password, in the caller's transaction. */
export async function writePassword({ store }: RequestContext, made: Authenticator): Promise<void> {
  await removeKinds(store, made.userId, [kind]);
  await insertAuthenticator(store, made, made.createdAt);
}
