import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { opaqueToken, uuid } from '../base/random.ts';
import { factorOf } from '../factors/index.ts';
import type { Authenticator } from '../store/authenticators.ts';
import { insertChallenge } from '../store/challenges.ts';
import type { Session } from '../store/sessions.ts';
import { inTransaction, type Store } from '../store/store.ts';
import { releaseTry, resetThrottle } from '../store/throttles.ts';
import type { User } from '../store/users.ts';
import type { Client, Context } from './context.ts';
import { logRefusal, logSuccess, type Tried } from './log-attempt.ts';
import { moduleOf, type AuthModule } from './policy.ts';
import { spend, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { neededFor, type Needed, type NotMet } from './required.ts';
import { issueToken, openSession, type IssuedTo } from './sessions.ts';

export type LoggedIn = {
  readonly state: 'session';
  readonly token: string;
  readonly session: Session;
  /** The account of its user. */
  readonly accountId: string;
};

export type SecondFactorNeeded = {
  readonly state: 'challenge';
  /** Opaque; speaks for the challenge alone and dies with it. */
  readonly challengeToken: string;
  /** The authenticators of which any answers it. */
  readonly anyOf: readonly Authenticator[];
};

export const challengeLife = 3 * minute;

export type Admission = {
  readonly user: User;
  readonly authenticators: readonly Authenticator[];
  readonly proof: Proof;
  readonly input: { readonly authModule: AuthModule; readonly issuedTo?: IssuedTo | undefined };
};

type Step = Admission & { readonly authModule: AuthModule; readonly tried: Tried };

/** A first factor was proven: spends the proof and opens what policy says comes next, all of it or nothing. */
export async function admit(
  ctx: Context,
  admission: Admission,
  client: Client,
  now: number,
): Promise<Outcome<LoggedIn | SecondFactorNeeded, Reason>> {
  const { user, authenticators, proof, input } = admission;
  const { kind } = proof.authenticator;
  const authModule = moduleOf(input.authModule, kind);
  const who = { accountId: user.accountId, userId: user.id, authModule };
  const step = { ...admission, authModule, tried: { action: 'login', ...who, factor: kind } };
  const needed = await neededFor(ctx.store, who, authenticators);
  if (!needed.ok) return turnAway(ctx, step, needed, client, now);
  const { anyOf, authConfigOrigin, mfaConfigOrigin, passedOver } = needed.value;
  if (passedOver) {
    const about = { ...who, action: 'answer', authConfigOrigin, mfaConfigOrigin };
    await logRefusal(ctx, about, passedOver, client, now);
  }
  const outcome = await (anyOf.length > 0
    ? challenge(ctx, step, needed.value, client, now)
    : enter(ctx, step, client, now));
  if (!outcome.ok) await logRefusal(ctx, step.tried, outcome.reason, client, now);
  return outcome;
}

/** The first factor was right, whatever comes of it: its failures are forgotten, and it is spent. */
async function settle(tx: Store, { user, proof }: Admission, now: number): Promise<boolean> {
  const { kind } = proof.authenticator;
  if (kind === proof.counted) await resetThrottle(tx, user.id, kind);
  else await releaseTry(tx, user.id, proof.counted);
  return spend(tx, proof, now);
}

/** What policy requires cannot be asked for, or nobody may come in this way. */
async function turnAway(
  ctx: Context,
  step: Step,
  { reason, authConfigOrigin, mfaConfigOrigin, providerName }: NotMet,
  client: Client,
  now: number,
): Promise<Outcome<never, Reason>> {
  const action = reason === 'module_disabled' ? 'login' : 'answer';
  const origins = { authConfigOrigin, mfaConfigOrigin, providerName };
  const settled = await inTransaction(ctx.store, async (tx) =>
    (await settle(tx, step, now)) ? success(undefined) : refuse('raced'),
  );
  const refused = settled.ok ? reason : settled.reason;
  await logRefusal(ctx, { ...step.tried, action, ...origins, factor: providerName }, refused, client, now);
  return refuse(refused);
}

async function challenge(
  ctx: Context,
  step: Step,
  { anyOf, kinds, authConfigOrigin, mfaConfigOrigin }: Needed,
  client: Client,
  now: number,
): Promise<Outcome<SecondFactorNeeded, Reason>> {
  const { user, authModule, proof } = step;
  const challengeToken = opaqueToken(ctx.random);
  const { amr } = factorOf(proof.authenticator.kind).traits;
  const made = {
    id: uuid(ctx.random, now),
    userId: user.id,
    authModule,
    amr,
    epoch: user.epoch,
    createdAt: now,
    expiresAt: now + challengeLife,
    kinds,
    authConfigOrigin,
    mfaConfigOrigin,
  };
  return inTransaction(ctx.store, async (tx) => {
    if (!(await settle(tx, step, now))) return refuse('raced');
    await insertChallenge(tx, made, challengeToken);
    await logSuccess(ctx, tx, step.tried, client, now);
    return success({ state: 'challenge', challengeToken, anyOf });
  });
}

async function enter(ctx: Context, step: Step, client: Client, now: number): Promise<Outcome<LoggedIn, Reason>> {
  const { user, authModule, proof, input } = step;
  const { amr } = factorOf(proof.authenticator.kind).traits;
  const opening = { user, epoch: user.epoch, authModule, amr, issuedTo: input.issuedTo, secondFactor: false };
  const opened = await inTransaction(ctx.store, async (tx) => {
    if (!(await settle(tx, step, now))) return refuse('raced');
    const session = await openSession(ctx, tx, opening, client, now);
    await logSuccess(ctx, tx, { ...step.tried, sessionId: session.id }, client, now);
    return success(session);
  });
  if (!opened.ok) return opened;
  const token = await issueToken(ctx, opened.value, user.accountId, now);
  return success({ state: 'session', token, session: opened.value, accountId: user.accountId });
}
