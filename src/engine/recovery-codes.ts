import { refuse, success, type Outcome } from '../base/outcome.ts';
import { uuid } from '../base/random.ts';
import { backup, backupOffer } from '../factors/backup.ts';
import type { Factor } from '../factors/factor.ts';
import { recovery, recoveryOffer, recoveryState } from '../factors/recovery.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../store/authenticators.ts';
import type { User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import { helpAt, type RequestContext } from './context.ts';
import { madeBy, sessionOf, type Changer } from './enroller.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { requireStepUp } from './step-up.ts';

/** Makes new recovery codes for the caller; the old ones stop working. They are shown this once. */
export async function renewRecoveryCodes(
  ctx: RequestContext,
  caller: Changer,
): Promise<Outcome<readonly string[], Reason>> {
  const offer = await renew(ctx, caller, recovery);
  return offer.ok ? success(recoveryOffer.parse(offer.value).codes) : offer;
}

/** Makes a new backup code for the caller, as Deux has it: one, and logging in with it turns multi-factor authentication off. */
export async function renewBackupCode(ctx: RequestContext, caller: Caller): Promise<Outcome<string, Reason>> {
  const offer = await renew(ctx, caller, backup);
  return offer.ok ? success(backupOffer.parse(offer.value).code) : offer;
}

async function renew(ctx: RequestContext, caller: Changer, factor: Factor): Promise<Outcome<unknown, Reason>> {
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  if (secondFactors(authenticators).length === 0) return refuse('mfa_not_enabled');
  const tried = { action: 'renew', factor: factor.kind, ...madeBy(caller) };
  const notice = { name: 'recovery_codes_renewed' } as const;
  return changeFactors(ctx, { user, caller: sessionOf(caller), tried, notice }, async (tx) =>
    success(await replaceBy(tx, { user, factor })),
  );
}

/** Puts ten new codes in the place of those a user has, in the caller's transaction. */
export async function writeRecoveryCodes(tx: RequestContext, user: User): Promise<readonly string[]> {
  return recoveryOffer.parse(await replaceBy(tx, { user, factor: recovery })).codes;
}

async function replaceBy(
  tx: RequestContext,
  { user, factor }: { readonly user: User; readonly factor: Factor },
): Promise<unknown> {
  const begun = await factor.begin({}, user, helpAt(tx));
  if (!begun.ok) throw new Error(`${factor.kind} could not be made`);
  await removeKinds(tx.store, user.id, [factor.kind]);
  const made = {
    id: uuid(tx.random, tx.now),
    userId: user.id,
    kind: factor.kind,
    label: null,
    state: begun.value.state,
  };
  await insertAuthenticator(tx.store, { ...made, status: 'active' }, tx.now);
  return begun.value.offer;
}

/** How many of a user's recovery codes are not spent. */
export function codesLeft(authenticators: readonly Authenticator[]): number {
  const own = authenticators.find(({ kind }) => kind === recovery.kind);
  return own ? recoveryState.parse(own.state).codes.length : 0;
}
