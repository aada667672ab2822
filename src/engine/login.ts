import { minute } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { opaqueToken, uuid } from '../base/random.ts';
import { comparableName } from '../base/text.ts';
import { factorOf, factors } from '../factors/index.ts';
import { findAccount } from '../store/accounts.ts';
import { listForLogin, type Authenticator } from '../store/authenticators.ts';
import { insertChallenge } from '../store/challenges.ts';
import type { Session } from '../store/sessions.ts';
import { inTransaction, type Store } from '../store/store.ts';
import { releaseTry, resetThrottle, strangerPrefix } from '../store/throttles.ts';
import { findUserByLogin, type User } from '../store/users.ts';
import { helpAt, type Client, type Context } from './context.ts';
import { logRefusal, logSuccess } from './log-attempt.ts';
import { moduleOf, requirement, type AuthModule } from './policy.ts';
import { prove, spend, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { issueToken, openSession, type IssuedTo } from './sessions.ts';

export type Login = {
  /** The door's module; an apikey or a device secret is a module of its own. */
  readonly authModule: AuthModule;
  /** An account's id or name; the root account when absent. */
  readonly account?: string | undefined;
  /** The user's name, id or e-mail address. */
  readonly login: string;
  /** A password, an apikey or a device secret. */
  readonly secret: string;
  readonly issuedTo?: IssuedTo | undefined;
};

export type LoggedIn = { readonly state: 'session'; readonly token: string; readonly session: Session };

export type SecondFactorNeeded = {
  readonly state: 'challenge';
  /** Opaque; speaks for the challenge alone and dies with it. */
  readonly challengeToken: string;
  /** The authenticators of which any answers it. */
  readonly anyOf: readonly Authenticator[];
};

export const challengeLife = 3 * minute;

/** What is no key of the user's is a guess at the password, and is counted as one. */
const guessed = 'password';

/**
 * Judges a first factor. Answers with a session, or with a challenge when policy asks for more. An unknown name costs what a
 * known one costs and is throttled like it.
 */
export async function login(
  ctx: Context,
  input: Login,
  client: Client,
): Promise<Outcome<LoggedIn | SecondFactorNeeded, Reason>> {
  const now = ctx.clock.now();
  if (!factors[guessed].reply.safeParse(input.secret).success) return refuse('malformed_reply');
  const account = await findAccount(ctx.store, input.account);
  const user = account && (await findUserByLogin(ctx.store, account.id, input.login));
  const subject = user?.id ?? strangerSubject(ctx, account?.id ?? '', input.login);

  return ctx.turns(`${subject}/${guessed}`, async () => {
    const authenticators = user ? await listForLogin(ctx.store, user.id, lookupsOf(ctx, input.secret, now)) : [];
    const candidates = firstFactors(authenticators, input.secret);
    const question = { subject, kind: guessed, countAs: countedAs, candidates, reply: input.secret };
    const proof = await prove(ctx, question, now);
    const admission = { authenticators, input };
    // A stranger is told to wait like anybody else.
    const unknown = proof.ok || (!user && proof.reason !== 'throttled');
    const outcome = await (proof.ok && user
      ? admit(ctx, { ...admission, user, proof: proof.value }, client, now)
      : refuse(unknown ? 'unknown_user' : proof.reason, proof.ok ? undefined : proof.retryAfter));
    if (!outcome.ok) {
      const tried = { action: 'login', authModule: input.authModule, factor: candidates[0]?.kind ?? guessed };
      const who = { accountId: account?.id ?? null, userId: user?.id ?? null };
      await logRefusal(ctx, { ...tried, ...who }, outcome.reason, client, now);
    }
    return outcome;
  });
}

type Admission = {
  readonly user: User;
  readonly authenticators: readonly Authenticator[];
  readonly proof: Proof;
  readonly input: Login;
};

/** A first factor was proven: spends the proof and opens what policy says comes next, all of it or nothing. */
async function admit(
  ctx: Context,
  { user, authenticators, proof, input }: Admission,
  client: Client,
  now: number,
): Promise<Outcome<LoggedIn | SecondFactorNeeded, Reason>> {
  const { kind } = proof.authenticator;
  const { amr } = factorOf(kind).traits;
  const authModule = moduleOf(input.authModule, kind);
  const { anyOf } = requirement(authModule, authenticators);
  const tried = { action: 'login', accountId: user.accountId, userId: user.id, authModule, factor: kind };
  const proven = { user, epoch: user.epoch, authModule, amr, issuedTo: input.issuedTo };

  async function settle(tx: Store): Promise<boolean> {
    if (kind === proof.counted) await resetThrottle(tx, user.id, kind);
    else await releaseTry(tx, user.id, proof.counted);
    return spend(tx, proof, now);
  }

  if (anyOf.length > 0) {
    const challengeToken = opaqueToken(ctx.random);
    const challenge = {
      id: uuid(ctx.random, now),
      userId: user.id,
      authModule,
      amr,
      epoch: user.epoch,
      createdAt: now,
      expiresAt: now + challengeLife,
    };
    return inTransaction(ctx.store, async (tx) => {
      if (!(await settle(tx))) return refuse('raced');
      await insertChallenge(tx, challenge, challengeToken);
      await logSuccess(ctx, tx, tried, client, now);
      return success({ state: 'challenge', challengeToken, anyOf });
    });
  }

  const opened = await inTransaction(ctx.store, async (tx) => {
    if (!(await settle(tx))) return refuse('raced');
    const session = await openSession(ctx, tx, { ...proven, secondFactor: false }, client, now);
    await logSuccess(ctx, tx, { ...tried, sessionId: session.id }, client, now);
    return success(session);
  });
  if (!opened.ok) return opened;
  const token = await issueToken(ctx, opened.value, user.accountId, now);
  return success({ state: 'session', token, session: opened.value });
}

/** The authenticators this secret may belong to: those found by it first, for they cost nothing to judge. */
function firstFactors(authenticators: readonly Authenticator[], secret: string): readonly Authenticator[] {
  const fits = authenticators.filter(({ kind }) => {
    const { traits, reply } = factorOf(kind);
    return traits.role === 'first' && reply.safeParse(secret).success;
  });
  return fits.toSorted((a, b) => Number(isFound(b)) - Number(isFound(a)));
}

/** A key that nobody could guess is counted by itself; whatever else is tried here is a guess at the password. */
function countedAs(kind: string): string {
  return factorOf(kind).traits.unattended ? kind : guessed;
}

const isFound = ({ kind }: Authenticator) => factorOf(kind).lookups !== undefined;

function lookupsOf(ctx: Context, secret: string, now: number): readonly string[] {
  return Object.values(factors).flatMap((factor) =>
    factor.lookups && factor.reply.safeParse(secret).success ? factor.lookups(secret, helpAt(ctx, now)) : [],
  );
}

/** What a name that nobody has is counted under. Keyed, for people type passwords into the wrong field. */
function strangerSubject({ store }: Context, accountId: string, name: string): string {
  return strangerPrefix + store.safe.mac('stranger', `${accountId}\0${comparableName(name)}`);
}
