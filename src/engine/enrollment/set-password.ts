import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { password } from '../../factors/password.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../../store/authenticators.ts';
import { resetThrottle } from '../../store/throttles.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import { forLogin, inTurn, type RequestContext } from '../context.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import { makeAuthenticator } from './make-authenticator.ts';
import { secondFactors } from '../policy/second-factors.ts';
import { prove } from '../proof/prove.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { requireStepUp } from '../session/step-up.ts';

export type NewPassword = {
  readonly secret: string;
  readonly current?: string | undefined;
  readonly label: string | null;
};

const { kind } = password;

/**
 * Sets the caller's password. Changing one asks for the proof of a second factor where the caller has one, and for the present password
 * otherwise, so that a session left open is not enough.
 */
export async function setPassword(
  ctx: RequestContext,
  caller: Caller,
  { secret, current, label }: NewPassword,
): Promise<Outcome<Authenticator, Reason>> {
  // Where there is no second factor the present password is asked for, however old the login.
  const { authTime: _age, ...prover } = caller;
  const allowed = await requireStepUp(ctx, prover);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const present = authenticators.filter((one) => one.kind === kind);
  const tried = { action: 'password.set', factor: kind, sessionId: caller.id };
  if (present.length > 0 && secondFactors(authenticators).length === 0) {
    const known = await inTurn(ctx, `${user.id}/${kind}`, (turn) => proveCurrent(turn, { user, present, current }));
    if (!known.ok) {
      await logRefusal(ctx, { ...tried, accountId: user.accountId, userId: user.id }, known.reason);
      return known;
    }
  }
  const made = await makePassword(ctx, user, { secret, label });
  if (!made.ok) return made;
  return changeFactors(ctx.at(), { user, caller, tried, notice: { name: 'password_changed' } }, async (tx) => {
    await writePassword(tx, made.value);
    return success(made.value);
  });
}

type Present = {
  readonly user: User;
  readonly present: readonly Authenticator[];
  readonly current: string | undefined;
};

async function proveCurrent(
  ctx: RequestContext,
  { user, present, current }: Present,
): Promise<Outcome<undefined, Reason>> {
  if (current === undefined) return refuse('current_password_required');
  const read = password.read(current);
  if (!read) return refuse('wrong_current_password');
  const candidates = present.map((authenticator) => ({ kind, state: authenticator.state, authenticator, read }));
  const { outcome: proof } = await prove(ctx, { ...forLogin, subject: user.id, user, candidates });
  if (!proof.ok) return proof.reason === 'wrong' ? refuse('wrong_current_password') : proof;
  await resetThrottle(ctx.store, user.id, kind);
  return success(undefined);
}

/** A password authenticator that is not written yet; hashing is slow and holds no transaction open. */
export async function makePassword(
  ctx: RequestContext,
  user: Pick<User, 'id' | 'name'>,
  { secret, label = null }: { readonly secret: string; readonly label?: string | null },
): Promise<Outcome<Authenticator, Reason>> {
  const made = await makeAuthenticator(ctx, password, { user, input: { secret }, label });
  if (!made.ok) return made;
  const { id, state } = made.value.authenticator;
  // The hash may have taken long.
  const { now } = ctx.at();
  const times = { createdAt: now, updatedAt: now, lastUsedAt: null };
  return success({ id, userId: user.id, kind, label, state, status: 'active', revision: 0, ...times });
}

/** Puts a password in the place of the one a user has, in the caller's transaction. */
export async function writePassword({ store }: RequestContext, made: Authenticator): Promise<void> {
  await removeKinds(store, made.userId, [kind]);
  await insertAuthenticator(store, made, made.createdAt);
}
