import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf, factors } from '../factors/index.ts';
import { listForLogin, removeKinds } from '../store/authenticators.ts';
import { closeChallenge, findOpenChallenge, type Challenge } from '../store/challenges.ts';
import type { Session } from '../store/sessions.ts';
import { writeNotice } from '../store/notices.ts';
import { inTransaction, type Store } from '../store/store.ts';
import { openClosed, resetThrottle } from '../store/throttles.ts';
import { advanceEpoch, findUser, type User } from '../store/users.ts';
import type { Client, Context } from './context.ts';
import { logRefusal, logSuccess, type Tried } from './log-attempt.ts';
import type { LoggedIn } from './admit.ts';
import { kindsBeyondFirst } from './policy.ts';
import { prove, spend, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { issueToken, openSession, type IssuedTo, withSecondFactor } from './sessions.ts';

export type Answer = {
  readonly challengeToken: string;
  /** What the person sent: a code of one of their second factors, or a recovery code. */
  readonly reply: unknown;
  /** What it may be; either, when absent. */
  readonly role?: 'second' | 'recovery' | undefined;
  /** The kind of factor it is meant for, where its person said one. */
  readonly kind?: string | undefined;
  readonly issuedTo?: IssuedTo | undefined;
};

/**
 * Judges the answer to a challenge and opens the session it stood for. Of all the uses of a code, over whatever challenges and
 * nodes, one wins.
 */
export async function answer(ctx: Context, input: Answer, client: Client): Promise<Outcome<LoggedIn, Reason>> {
  const [kind, ...more] = kindsOfReply(input);
  if (kind === undefined) return refuse('malformed_reply');
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return ctx.turns(input.challengeToken, async () => {
    const now = ctx.clock.now();
    const challenge = await findOpenChallenge(ctx.store, input.challengeToken, now);
    const user = challenge && (await findUser(ctx.store, challenge.userId));
    if (!challenge || !user) {
      await logRefusal(ctx, { action: 'answer', factor: kind }, 'invalid_challenge', client, now);
      return refuse('invalid_challenge');
    }
    const open = { challenge, user, kinds: [kind, ...more] as const, input };
    return ctx.turns(`${user.id}/answer`, () => answerOpen(ctx, open, client, now));
  });
}

type Open = {
  readonly challenge: Challenge;
  readonly user: User;
  /** The kinds of factor whose replies look like this one. */
  readonly kinds: readonly [string, ...string[]];
  readonly input: Answer;
};

async function answerOpen(ctx: Context, open: Open, client: Client, now: number): Promise<Outcome<LoggedIn, Reason>> {
  const { challenge, user, kinds, input } = open;
  const candidates = (await listForLogin(ctx.store, user.id, [])).filter(
    ({ kind }) => kinds.includes(kind) && answers(challenge, kind),
  );
  const [kind] = candidates.length > 0 ? candidates.map((candidate) => candidate.kind) : kinds;
  const { authModule, authConfigOrigin, mfaConfigOrigin } = challenge;
  const origins = { authModule, authConfigOrigin, mfaConfigOrigin };
  const tried = { action: 'answer', accountId: user.accountId, userId: user.id, ...origins };
  const proof = await prove(ctx, { subject: user.id, kind: kinds[0], candidates, reply: input.reply }, now);
  const opened = proof.ok ? await complete(ctx, open, { proof: proof.value, tried }, client, now) : proof;
  if (!opened.ok) {
    await logRefusal(ctx, { ...tried, factor: kind ?? null }, opened.reason, client, now);
    return opened;
  }
  const token = await issueToken(ctx, opened.value, user.accountId, now);
  return success({ state: 'session', token, session: opened.value, accountId: user.accountId });
}

/** A second factor was proven: spends the proof and the challenge, and opens the session, all of it or nothing. */
async function complete(
  ctx: Context,
  { challenge, user, input }: Open,
  { proof, tried }: { readonly proof: Proof; readonly tried: Tried },
  client: Client,
  now: number,
): Promise<Outcome<Session, Reason>> {
  const { kind } = proof.authenticator;
  const { traits } = factorOf(kind);
  return inTransaction(ctx.store, async (tx) => {
    if (!(await closeChallenge(tx, challenge.id, now))) return refuse('raced');
    if (!(await spend(tx, proof, now))) return refuse('raced');
    await resetThrottle(tx, user.id, kind);
    await openClosed(tx, user.id);
    const epoch = traits.disablesMfa ? await turnOff(tx, user) : challenge.epoch;
    if (epoch === undefined) return refuse('raced');
    const amr = withSecondFactor(challenge.amr, traits.amr);
    const opening = {
      user,
      epoch,
      authModule: challenge.authModule,
      amr,
      secondFactor: true,
      issuedTo: input.issuedTo,
    };
    const session = await openSession(ctx, tx, opening, client, now);
    const attempt = await logSuccess(ctx, tx, { ...tried, factor: kind, sessionId: session.id }, client, now);
    const name = traits.disablesMfa ? 'mfa_disabled' : 'recovery_code_used';
    if (traits.role === 'recovery') await writeNotice(tx, user, { attempt, name }, now);
    return success(session);
  });
}

/** Takes every second factor from a user, which ends all that came before. Answers with the epoch that begins. */
async function turnOff(tx: Store, user: User): Promise<number | undefined> {
  if (!(await advanceEpoch(tx, user.id, user.epoch))) return undefined;
  await removeKinds(tx, user.id, kindsBeyondFirst);
  return user.epoch + 1;
}

/** Whether a challenge may be answered with a kind of factor. What stands in for a second factor stands in for each. */
export function answers({ kinds }: Pick<Challenge, 'kinds'>, kind: string): boolean {
  return kinds === null || kinds.includes(kind) || factorOf(kind).traits.role === 'recovery';
}

/** The kinds of factor a reply has the form of, among those that complete a login. */
function kindsOfReply({ reply, role, kind: meant }: Answer): readonly string[] {
  return Object.values(factors)
    .filter(({ traits }) => (role === undefined ? traits.role !== 'first' : traits.role === role))
    .filter(({ kind }) => meant === undefined || kind === meant)
    .filter(({ reply: form }) => form.safeParse(reply).success)
    .map(({ kind }) => kind);
}
