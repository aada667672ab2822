import { day, second } from '../../base/clock.ts';
import { refuse, success, type Outcome, type Success } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import type { OAuthClient } from '../../store/clients.ts';
import {
  findRefreshToken,
  insertRefreshToken,
  useRefreshToken,
  type RefreshToken,
} from '../../store/refresh-tokens.ts';
import { findLiveSession, revokeSession, type LiveSession, type Session } from '../../store/sessions.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { logRefusal, logSuccess } from '../audit/log-attempt.ts';
import type { SecondFactorNeeded } from '../login/after-first-factor.ts';
import { loginAtOnce, type LoginAtOnce, type RefusedAtOnce } from '../login/login-at-once.ts';
import type { Reason } from '../reasons.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { policyOnFirst } from '../policy/login-needs.ts';
import { authenticate } from '../session/authenticate.ts';
import { issueToken, tokenSeconds } from '../session/issue-token.ts';

/** How long a session goes on by refreshing before its user logs in again. */
const refreshLife = 30 * day;

/** Two requests with one refresh token, this close to each other, are one client that asked twice and no thief. */
const raceLife = 10 * second;

export type Granted = {
  readonly state: 'granted';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Only for clients that may refresh. */
  readonly refreshToken: string | undefined;
  readonly scope: string;
};

export type PasswordGrant = Pick<LoginAtOnce, 'account' | 'login' | 'secret' | 'second'> & {
  readonly scope?: string | undefined;
};

/** The resource owner password credentials grant (RFC 6749 section 4.3), for clients that may use it: RFC 9700 section 2.4 advises against it. */
export async function passwordGrant(
  ctx: RequestContext,
  client: OAuthClient,
  { scope: wanted, account, ...input }: PasswordGrant,
): Promise<Success<Granted | SecondFactorNeeded> | RefusedAtOnce> {
  if (!client.grantTypes.includes('password')) return refuse('unauthorized_client');
  const scope = narrow(client.scope, wanted);
  if (scope === undefined) return refuse('invalid_scope');
  const issuedTo = { clientId: client.id, life: refreshLife };
  const where = { authModule: 'oauth2', account: account ?? client.accountId, issuedTo } as const;
  const outcome = await loginAtOnce(ctx, { ...input, ...where });
  if (!outcome.ok) return outcome;
  const reached = outcome.value;
  if (reached.state === 'challenge') return success(reached);
  const { token, session } = reached;
  const refreshToken = client.grantTypes.includes('refresh_token')
    ? await writeRefreshToken(ctx.at(), session, scope)
    : undefined;
  const expiresIn = tokenSeconds(session, session.authTime);
  return success({ state: 'granted', accessToken: token, expiresIn, refreshToken, scope });
}

/**
 * Exchanges a refresh token for the next one (RFC 6749 section 6). Each works once: of several at once one wins. One that comes back
 * after that ends its session, for two have it (RFC 9700 section 4.14.2).
 */
export async function refresh(
  ctx: RequestContext,
  client: OAuthClient,
  { refreshToken, scope: wanted }: { readonly refreshToken: string; readonly scope?: string | undefined },
): Promise<Outcome<Granted, Reason>> {
  const { now } = ctx;
  if (!client.grantTypes.includes('refresh_token')) return refuse('unauthorized_client');
  const found = await findOwn(ctx, client, refreshToken);
  if (!found) return refuse('invalid_grant');
  const { token, session } = found;
  const tried = { action: 'refresh', userId: session.userId, accountId: session.accountId, sessionId: session.id };
  if (token.usedAt !== null) {
    if (now - token.usedAt > raceLife) await revokeSession(ctx.store, session.userId, session.id, now);
    await logRefusal(ctx, tried, 'replayed');
    return refuse('invalid_grant');
  }
  // What is required of a login today is required of a session that would go on for weeks.
  const policy = await (session.secondFactorAt === null ? policyOnFirst(ctx, session) : readPolicy(ctx.store, session));
  if (!policy) {
    await logRefusal(ctx, tried, 'mfa_enrollment_required');
    return refuse('invalid_grant');
  }
  const scope = narrow(token.scope, wanted);
  if (scope === undefined) return refuse('invalid_scope');

  const next = await withTransaction<string, Reason>(ctx, async (tx) => {
    if (!(await useRefreshToken(tx.store, token.id, now))) return refuse('invalid_grant');
    const written = await writeRefreshToken(tx, session, token.scope);
    await logSuccess(tx, tried);
    return success(written);
  });
  if (!next.ok) return next;
  const goingOn = { ...session, tokenLife: policy.tokenLife };
  const accessToken = await issueToken(ctx, goingOn, session.accountId);
  return success({
    state: 'granted',
    accessToken,
    expiresIn: tokenSeconds(goingOn, now),
    refreshToken: next.value,
    scope,
  });
}

async function writeRefreshToken(ctx: RequestContext, session: Session, scope: string): Promise<string> {
  const { random, now } = ctx;
  const text = opaqueToken(random);
  const made = { id: uuid(random, now), sessionId: session.id, scope, createdAt: now };
  await insertRefreshToken(ctx.store, { ...made, expiresAt: session.expiresAt, usedAt: null }, text);
  return text;
}

type Own = { readonly token: RefreshToken; readonly session: LiveSession };

/** A refresh token of this client whose session is in force. */
async function findOwn(ctx: RequestContext, client: OAuthClient, text: string): Promise<Own | undefined> {
  const token = await findRefreshToken(ctx.store, text);
  const session = token && (await findLiveSession(ctx.store, token.sessionId, ctx.now));
  return token && session?.clientId === client.id ? { token, session } : undefined;
}

/** A wanted scope that is within what may be had; all of that when nothing is said (RFC 6749 section 3.3). */
function narrow(allowed: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return allowed;
  const may = new Set(words(allowed));
  return words(wanted).every((word) => may.has(word)) ? words(wanted).join(' ') : undefined;
}

const words = (scope: string) => scope.split(' ').filter((word) => word !== '');

export type Introspected = {
  readonly session: LiveSession;
  readonly kind: 'access_token' | 'refresh_token';
  /** The end of the token itself, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
};

/**
 * What a token is worth at this moment (RFC 7662), or undefined. A client learns of tokens of its own account only, and one that
 * proves nothing of itself learns nothing: else whoever knows its id could try tokens out (section 2.1).
 */
export async function introspect(
  ctx: RequestContext,
  client: OAuthClient,
  text: string,
): Promise<Outcome<Introspected | undefined, Reason>> {
  if (client.isPublic) return refuse('invalid_client');
  return success(await worthOf(ctx, client, text));
}

async function worthOf(ctx: RequestContext, client: OAuthClient, text: string): Promise<Introspected | undefined> {
  const { now } = ctx;
  const claims = await ctx.tokens.read(text, now);
  if (claims) {
    const caller = await authenticate(ctx, text);
    const known = caller.ok && caller.value.accountId === client.accountId;
    return known ? { session: caller.value, kind: 'access_token', expiresAt: claims.exp * second } : undefined;
  }
  const own = await findOwn(ctx, client, text);
  if (!own || own.token.usedAt !== null) return undefined;
  return { session: own.session, kind: 'refresh_token', expiresAt: own.token.expiresAt };
}

/** Ends the session of a token that was issued to this client (RFC 7009). Others are left alone, and nothing is told. */
export async function revoke(ctx: RequestContext, client: OAuthClient, text: string): Promise<void> {
  const { now } = ctx;
  const caller = await authenticate(ctx, text);
  const session = caller.ok ? caller.value : (await findOwn(ctx, client, text))?.session;
  if (!session || session.clientId !== client.id) return;
  const { id: sessionId, userId, accountId } = session;
  if (!(await revokeSession(ctx.store, userId, sessionId, now))) return;
  await logSuccess(ctx, { action: 'session.end', userId, accountId, sessionId });
}
