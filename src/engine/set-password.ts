import { refuse, success, type Outcome } from '../base/outcome.ts';
import { uuid } from '../base/random.ts';
import { password } from '../factors/password.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../store/authenticators.ts';
import type { Store } from '../store/store.ts';
import { resetThrottle } from '../store/throttles.ts';
import type { User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import { helpAt, type Client, type Context } from './context.ts';
import { logRefusal } from './log-attempt.ts';
import { secondFactors } from './policy.ts';
import { prove } from './prove.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { requireStepUp } from './step-up.ts';

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
  ctx: Context,
  caller: Caller,
  { secret, current, label }: NewPassword,
  client: Client,
): Promise<Outcome<Authenticator, Reason>> {
  const now = ctx.clock.now();
  // Where there is no second factor the present password is asked for, however old the login.
  const { authTime: _age, ...prover } = caller;
  const allowed = await requireStepUp(ctx, prover, now);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  const present = authenticators.filter((one) => one.kind === kind);
  const tried = { action: 'password.set', factor: kind, sessionId: caller.id };
  if (present.length > 0 && secondFactors(authenticators).length === 0) {
    const known = await ctx.turns(`${user.id}/${kind}`, () => proveCurrent(ctx, user, present, current, now));
    if (!known.ok) {
      await logRefusal(ctx, { ...tried, accountId: user.accountId, userId: user.id }, known.reason, client, now);
      return known;
    }
  }
  const made = await makePassword(ctx, user, secret, label, now);
  if (!made.ok) return made;
  return changeFactors(ctx, { user, caller, tried, notice: { name: 'password_changed' } }, client, now, async (tx) => {
    await writePassword(tx, made.value, now);
    return success(made.value);
  });
}

async function proveCurrent(
  ctx: Context,
  user: User,
  candidates: readonly Authenticator[],
  current: string | undefined,
  now: number,
): Promise<Outcome<undefined, Reason>> {
  if (current === undefined) return refuse('current_password_required');
  if (!password.reply.safeParse(current).success) return refuse('wrong_current_password');
  const proof = await prove(ctx, { subject: user.id, kind, candidates, reply: current }, now);
  if (!proof.ok) return proof.reason === 'wrong' ? refuse('wrong_current_password') : proof;
  await resetThrottle(ctx.store, user.id, kind);
  return success(undefined);
}

/** A password authenticator that is not written yet; hashing is slow and holds no transaction open. */
export async function makePassword(
  ctx: Context,
  user: Pick<User, 'id' | 'name'>,
  secret: string,
  label: string | null,
  now: number,
): Promise<Outcome<Authenticator, Reason>> {
  const begun = await password.begin({ secret }, user, helpAt(ctx, now));
  if (!begun.ok) return begun;
  const made = { id: uuid(ctx.random, now), userId: user.id, kind, label, state: begun.value.state };
  return success({ ...made, status: 'active', revision: 0, createdAt: now, updatedAt: now, lastUsedAt: null });
}

/** Puts a password in the place of the one a user has, in the caller's transaction. */
export async function writePassword(tx: Store, made: Authenticator, now: number): Promise<void> {
  await removeKinds(tx, made.userId, [kind]);
  await insertAuthenticator(tx, made, now);
}
