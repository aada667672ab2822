import { second } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { uuid } from '../../base/random.ts';
import {
  findLiveSession,
  insertSession,
  listLiveSessions,
  revokeSession,
  type LiveSession,
  type Session,
} from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import { accessTokenLife, type AccountPolicy } from '../policy/merge-policy.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logSuccess } from '../audit/log-attempt.ts';
import type { Reason } from '../reasons.ts';

/** The caller of an operation: a session in force. */
export type Caller = LiveSession & { readonly type: 'session' };

export type IssuedTo = { readonly clientId: string; readonly life: number };

export type Opening = {
  readonly user: Pick<User, 'id' | 'accountId'>;
  /** The epoch under which the login began. A session of an epoch that is over never comes into force. */
  readonly epoch: number;
  readonly authModule: string;
  readonly amr: readonly string[];
  readonly secondFactor: boolean;
  /** The OAuth2 client it is for, and how long it may then live by refreshing, in milliseconds. */
  readonly issuedTo?: IssuedTo | undefined;
  /** What holds for the way in. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
};

/** A session, with how long its access tokens live by the policy of this moment, in milliseconds. */
export type OpenedSession = Session & { readonly tokenLife: number };

/** Writes a session, in the transaction of the proof that makes it. */
export async function openSession(tx: RequestContext, opening: Opening): Promise<OpenedSession> {
  const { now, client } = tx;
  const { tokenLife } = opening.policy;
  const session: Session = {
    id: uuid(tx.random, now),
    userId: opening.user.id,
    authModule: opening.authModule,
    epoch: opening.epoch,
    amr: opening.amr,
    secondFactorAt: opening.secondFactor ? now : null,
    authTime: now,
    expiresAt: now + (opening.issuedTo?.life ?? tokenLife),
    clientId: opening.issuedTo?.clientId ?? null,
    clientIp: client.ip,
    userAgent: client.userAgent,
  };
  await insertSession(tx.store, session);
  return { ...session, tokenLife };
}

/** The access token that speaks for a session. */
export async function issueToken(
  { tokens, now }: RequestContext,
  session: OpenedSession,
  accountId: string,
): Promise<string> {
  return tokens.issue({
    sub: session.userId,
    account: accountId,
    sid: session.id,
    iat: seconds(now),
    exp: seconds(now) + tokenSeconds(session, now),
    auth_time: seconds(session.authTime),
    amr: [...session.amr],
    acr: assuranceOf(session),
  });
}

/**
 * How many seconds an access token is good for that is issued at this moment. One that can be refreshed never outlives the usual ones: what it
 * says of its user is looked at again by then.
 */
export function tokenSeconds({ clientId, tokenLife, expiresAt }: OpenedSession, now: number): number {
  const life = clientId === null ? tokenLife : Math.min(tokenLife, accessTokenLife);
  return seconds(Math.min(now + life, expiresAt)) - seconds(now);
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / second);

/** SP 800-63B's authentication assurance level: two with a second factor. */
export function assuranceOf(session: Pick<Session, 'secondFactorAt'>): 'aal1' | 'aal2' {
  return session.secondFactorAt === null ? 'aal1' : 'aal2';
}

/** The methods of a session to which a second factor was added (RFC 8176's `mfa` says that there were several). */
export function withSecondFactor(amr: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...amr, ...added, 'mfa'])];
}

/** Says whose session an access token speaks for, if it is in force at this moment. */
export async function authenticate(ctx: RequestContext, token: string): Promise<Outcome<Caller, Reason>> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(token, now);
  if (!claims) return refuse('invalid_token');
  const session = await findLiveSession(ctx.store, claims.sid, now);
  if (!session || session.userId !== claims.sub || session.accountId !== claims.account) return refuse('invalid_token');
  return success({ ...session, type: 'session' });
}

/** The caller's own sessions in force, newest first. */
export async function listSessions(ctx: RequestContext, caller: Caller): Promise<readonly LiveSession[]> {
  return listLiveSessions(ctx.store, caller.userId, ctx.now);
}

/** Ends one of the caller's own sessions; its token is refused from here on. */
export async function endSession(
  ctx: RequestContext,
  caller: Caller,
  sessionId: string,
): Promise<Outcome<undefined, Reason>> {
  const { now } = ctx;
  return withTransaction(ctx, async (tx) => {
    if (!(await revokeSession(tx.store, caller.userId, sessionId, now))) return refuse('not_found');
    const { userId, accountId } = caller;
    await logSuccess(tx, { action: 'session.end', userId, accountId, sessionId });
    return success(undefined);
  });
}
