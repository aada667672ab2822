import { refuse, success, type Outcome } from '../base/outcome.ts';
import { factorOf, factors } from '../factors/index.ts';
import { listForLogin } from '../store/authenticators.ts';
import { closeChallenge, findOpenChallenge, type Challenge } from '../store/challenges.ts';
import type { Session } from '../store/sessions.ts';
import { inTransaction } from '../store/store.ts';
import { openClosed, resetThrottle } from '../store/throttles.ts';
import { findUser, type User } from '../store/users.ts';
import type { Client, Context } from './context.ts';
import { logRefusal, logSuccess, type Tried } from './log-attempt.ts';
import type { LoggedIn } from './login.ts';
import { prove, spend, type Proof } from './prove.ts';
import type { Reason } from './reasons.ts';
import { issueToken, openSession, withSecondFactor } from './sessions.ts';

export type Answer = {
  readonly challengeToken: string;
  /** What the person sent: a code of one of their second factors, or a recovery code. */
  readonly reply: unknown;
};

/**
 * Judges the answer to a challenge and opens the session it stood for. Of all the uses of a code, over whatever challenges and
 * nodes, one wins.
 */
export async function answer(ctx: Context, input: Answer, client: Client): Promise<Outcome<LoggedIn, Reason>> {
  const kind = kindOfReply(input.reply);
  if (!kind) return refuse('malformed_reply');
  // One at a time over one challenge: who comes second with the right code meets a spent challenge, and that is no failure.
  return ctx.turns(input.challengeToken, async () => {
    const now = ctx.clock.now();
    const challenge = await findOpenChallenge(ctx.store, input.challengeToken, now);
    const user = challenge && (await findUser(ctx.store, challenge.userId));
    if (!challenge || !user) {
      await logRefusal(ctx, { action: 'answer', factor: kind }, 'invalid_challenge', client, now);
      return refuse('invalid_challenge');
    }
    return ctx.turns(`${user.id}/${kind}`, () =>
      answerOpen(ctx, { challenge, user, kind, reply: input.reply }, client, now),
    );
  });
}

type Open = { readonly challenge: Challenge; readonly user: User; readonly kind: string; readonly reply: unknown };

async function answerOpen(ctx: Context, open: Open, client: Client, now: number): Promise<Outcome<LoggedIn, Reason>> {
  const { user, kind, reply } = open;
  const candidates = (await listForLogin(ctx.store, user.id, [])).filter((candidate) => candidate.kind === kind);
  const proof = await prove(ctx, { subject: user.id, kind, candidates, reply }, now);
  const opened = proof.ok ? await complete(ctx, open, proof.value, client, now) : proof;
  if (!opened.ok) {
    await logRefusal(ctx, tried(open), opened.reason, client, now);
    return opened;
  }
  return success({ state: 'session', token: await issueToken(ctx, opened.value, user.accountId) });
}

/** A second factor was proven: spends the proof and the challenge, and opens the session, all of it or nothing. */
async function complete(
  ctx: Context,
  open: Open,
  proof: Proof,
  client: Client,
  now: number,
): Promise<Outcome<Session, Reason>> {
  const { challenge, user, kind } = open;
  return inTransaction(ctx.store, async (tx) => {
    if (!(await closeChallenge(tx, challenge.id, now))) return refuse('raced');
    if (!(await spend(tx, proof, now))) return refuse('raced');
    await resetThrottle(tx, user.id, kind);
    await openClosed(tx, user.id);
    const amr = withSecondFactor(challenge.amr, factorOf(kind).traits.amr);
    const { authModule, epoch } = challenge;
    const session = await openSession(ctx, tx, { user, epoch, authModule, amr, secondFactor: true }, client, now);
    await logSuccess(ctx, tx, { ...tried(open), sessionId: session.id }, client, now);
    return success(session);
  });
}

function tried({ challenge, user, kind }: Open): Tried {
  return {
    action: 'answer',
    accountId: user.accountId,
    userId: user.id,
    authModule: challenge.authModule,
    factor: kind,
  };
}

/** The kind of factor a reply has the form of, among those that complete a login. */
function kindOfReply(reply: unknown): string | undefined {
  const fitting = Object.values(factors).find(
    ({ traits, reply: form }) => traits.role !== 'first' && form.safeParse(reply).success,
  );
  return fitting?.kind;
}
