import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { backup, backupShown } from '../../factors/backup.ts';
import type { Factor } from '../../factors/define-factor.ts';
import { recovery, recoveryShown, recoveryState } from '../../factors/recovery.ts';
import { insertAuthenticator, removeKinds, type Authenticator } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import { changeFactors } from './change-factors.ts';
import type { RequestContext } from '../context.ts';
import { madeBy, sessionOf, type FactorChangeActor } from '../session/enrollment-actor.ts';
import { makeAuthenticator, type MadeAuthenticator } from './make-authenticator.ts';
import { secondFactors } from '../policy/second-factors.ts';
import type { Reason } from '../reasons.ts';
import type { Caller } from '../session/authenticate.ts';
import { issueNextTokens, type IssuedTokens } from '../session/issue-token.ts';
import { requireStepUp } from '../proof/fresh-proof.ts';

/** New codes, shown once, and the next tokens of the session that has renewed them. */
export type RenewedCodes = Partial<IssuedTokens> & { readonly codes: readonly string[] };

/** Replaces the caller's recovery codes by new ones, which are shown once. */
export async function renewRecoveryCodes(
  ctx: RequestContext,
  caller: FactorChangeActor,
): Promise<Outcome<RenewedCodes, Reason>> {
  const codes = await renew(ctx, caller, makeRecoveryCodes);
  if (!codes.ok) return codes;
  const session = sessionOf(caller);
  return success({ codes: codes.value, ...(session && (await issueNextTokens(ctx, session))) });
}

/**
 * Replaces the caller's backup code, as in Deux: a single code. Logging in with it turns multi-factor authentication
 * off.
 */
export async function renewBackupCode(ctx: RequestContext, caller: Caller): Promise<Outcome<string, Reason>> {
  const made = await renew(ctx, caller, makeBackupCode);
  return made.ok ? success(made.value[0] ?? '') : made;
}

async function renew(
  ctx: RequestContext,
  caller: FactorChangeActor,
  make: (ctx: RequestContext, user: User) => Promise<MadeCodes>,
): Promise<Outcome<readonly string[], Reason>> {
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  const { user, authenticators } = allowed.value;
  if (secondFactors(authenticators).length === 0) return refuse('mfa_not_enabled');
  const made = await make(ctx, user);
  const facts = { action: 'renew', factor: made.authenticator.kind, ...madeBy(caller) };
  const notice = { name: 'recovery_codes_renewed' } as const;
  return changeFactors(ctx, { user, caller: sessionOf(caller), facts, notice }, async (tx) => {
    await writeCodes(tx, made);
    return success(made.codes);
  });
}

/** Codes that are not inserted yet. They are shown once. */
export type MadeCodes = Pick<MadeAuthenticator, 'authenticator'> & { readonly codes: readonly string[] };

/** Makes ten recovery codes. */
export async function makeRecoveryCodes(ctx: RequestContext, user: User): Promise<MadeCodes> {
  const { authenticator, shown } = await madeOf(ctx, user, recovery);
  return { authenticator, codes: recoveryShown.parse(shown).codes };
}

async function makeBackupCode(ctx: RequestContext, user: User): Promise<MadeCodes> {
  const { authenticator, shown } = await madeOf(ctx, user, backup);
  return { authenticator, codes: [backupShown.parse(shown).code] };
}

async function madeOf(ctx: RequestContext, user: User, factor: Factor): Promise<MadeAuthenticator> {
  const made = await makeAuthenticator(ctx, factor, { user });
  if (!made.ok) throw new Error(`no authenticator of kind ${factor.kind} was made: ${made.reason}`);
  return made.value;
}

/** Replaces a user's codes of this kind, in the caller's transaction. */
export async function writeCodes({ store, now }: RequestContext, { authenticator }: MadeCodes): Promise<void> {
  await removeKinds(store, authenticator.userId, [authenticator.kind]);
  await insertAuthenticator(store, authenticator, now);
}

/** The number of a user's unused recovery codes. */
export function codesLeft(authenticators: readonly Authenticator[]): number {
  const own = authenticators.find(({ kind }) => kind === recovery.kind);
  return own ? recoveryState.parse(own.state).codes.length : 0;
}
