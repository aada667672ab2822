import { refuse, success, type Outcome } from '../base/outcome.ts';
import { uuid } from '../base/random.ts';
import { backup, backupOffer } from '../factors/backup.ts';
import type { Factor } from '../factors/factor.ts';
import { recovery, recoveryOffer, recoveryState } from '../factors/recovery.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../store/authenticators.ts';
import type { Store } from '../store/store.ts';
import type { User } from '../store/users.ts';
import { changeFactors } from './change.ts';
import { helpAt, type Client, type Context } from './context.ts';
import { madeBy, sessionOf, type Changer } from './enroller.ts';
import { secondFactors } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Caller } from './sessions.ts';
import { requireStepUp } from './step-up.ts';

/** Makes new recovery codes for the caller; the old ones stop working. They are shown this once. */
export async function renewRecoveryCodes(
  ctx: Context,
  caller: Changer,
  client: Client,
): Promise<Outcome<readonly string[], Reason>> {
  const offer = await renew(ctx, caller, recovery, client);
  return offer.ok ? success(recoveryOffer.parse(offer.value).codes) : offer;
}

/** Makes a new backup code for the caller, as Deux has it: one, and logging in with it turns multi-factor authentication off. */
export async function renewBackupCode(ctx: Context, caller: Caller, client: Client): Promise<Outcome<string, Reason>> {
  const offer = await renew(ctx, caller, backup, client);
  return offer.ok ? success(backupOffer.parse(offer.value).code) : offer;
}

async function renew(ctx: Context, caller: Changer, factor: Factor, client: Client): Promise<Outcome<unknown, Reason>> {
  const now = ctx.clock.now();
  const allowed = await requireStepUp(ctx, caller, now);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  if (secondFactors(authenticators).length === 0) return refuse('mfa_not_enabled');
  const tried = { action: 'renew', factor: factor.kind, ...madeBy(caller) };
  const notice = { name: 'recovery_codes_renewed' } as const;
  return changeFactors(ctx, { user, caller: sessionOf(caller), tried, notice }, client, now, async (tx) =>
    success(await replaceBy(ctx, tx, { user, factor }, now)),
  );
}

/** Puts ten new codes in the place of those a user has, in the caller's transaction. */
export async function writeRecoveryCodes(ctx: Context, tx: Store, user: User, now: number): Promise<readonly string[]> {
  return recoveryOffer.parse(await replaceBy(ctx, tx, { user, factor: recovery }, now)).codes;
}

async function replaceBy(
  ctx: Context,
  tx: Store,
  { user, factor }: { readonly user: User; readonly factor: Factor },
  now: number,
): Promise<unknown> {
  const begun = await factor.begin({}, user, helpAt(ctx, now));
  if (!begun.ok) throw new Error(`${factor.kind} could not be made`);
  await removeKinds(tx, user.id, [factor.kind]);
  const made = { id: uuid(ctx.random, now), userId: user.id, kind: factor.kind, label: null, state: begun.value.state };
  await insertAuthenticator(tx, { ...made, status: 'active' }, now);
  return begun.value.offer;
}

/** How many of a user's recovery codes are not spent. */
export function codesLeft(authenticators: readonly Authenticator[]): number {
  const own = authenticators.find(({ kind }) => kind === recovery.kind);
  return own ? recoveryState.parse(own.state).codes.length : 0;
}
