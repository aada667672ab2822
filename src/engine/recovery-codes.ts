import { refuse, success, type Outcome } from '../base/outcome.ts';
import { uuid } from '../base/random.ts';
import { recovery, recoveryOffer, recoveryState } from '../factors/recovery.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../store/authenticators.ts';
import type { Store } from '../store/store.ts';
import { findUser, type User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import { helpAt, type Client, type Context } from './context.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { requireStepUp } from './step-up.ts';

/** Makes new recovery codes for the caller; the old ones stop working. They are shown this once. */
export async function renewRecoveryCodes(
  ctx: Context,
  caller: Caller,
  client: Client,
): Promise<Outcome<readonly string[], Reason>> {
  const now = ctx.clock.now();
  const allowed = await requireStepUp(ctx, caller, now);
  if (!allowed.ok) return allowed;
  if (secondFactors(allowed.value).length === 0) return refuse('mfa_not_enabled');
  const user = await findUser(ctx.store, caller.userId);
  if (!user) return refuse('not_found');
  const tried = { action: 'recovery_codes.renew', factor: recovery.kind, sessionId: caller.id };
  return changeFactors(ctx, { user, caller, tried }, client, now, async (tx) =>
    success(await writeRecoveryCodes(ctx, tx, user, now)),
  );
}

/** Puts ten new codes in the place of those a user has, in the caller's transaction. */
export async function writeRecoveryCodes(ctx: Context, tx: Store, user: User, now: number): Promise<readonly string[]> {
  const begun = await recovery.begin({}, user, helpAt(ctx, now));
  if (!begun.ok) throw new Error('recovery codes could not be made');
  const { state, offer } = begun.value;
  await removeKinds(tx, user.id, [recovery.kind]);
  const made = { id: uuid(ctx.random, now), userId: user.id, kind: recovery.kind, label: null, state };
  await insertAuthenticator(tx, { ...made, status: 'active' }, now);
  return recoveryOffer.parse(offer).codes;
}

/** Whether a user has recovery codes that are not spent. */
export function hasCodesLeft(authenticators: readonly Authenticator[]): boolean {
  return authenticators.some(
    ({ kind, state }) => kind === recovery.kind && recoveryState.parse(state).codes.length > 0,
  );
}
