import { day } from '../../base/clock.ts';
import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { apikey } from '../../factors/apikey.ts';
import { insertAuthenticator, listAuthenticators } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import { isAdministrator, type Caller } from '../session/authenticate.ts';
import { requireStepUp } from '../proof/fresh-proof.ts';
import { requireChangeable } from '../session/enrollment-actor.ts';
import { issueNextTokens } from '../session/issue-token.ts';
import type { manageScope } from '../session/manage-key.ts';
import { changeFactors } from './change-factors.ts';
import { hasReachedLimit, type Enrolled } from './enroll.ts';
import { makeAuthenticator } from './make-authenticator.ts';

const { kind } = apikey;

/** The lifetime of a key if the request has no `expires_at`, in milliseconds. */
const defaultLifetime = 90 * day;

export type KeyTerms = {
  /** The user of the key. */
  readonly user: User;
  readonly label: string | null;
  readonly scope?: typeof manageScope | undefined;
  /** When it expires, in milliseconds since the Unix epoch. */
  readonly expiresAt?: number | undefined;
};

/**
 * Creates an API key that expires. With the scope `manage`, caller and user must be administrators, and the key is revoked
 * when either is no longer one. The caller must have checked access to the user.
 */
export async function makeKey(
  ctx: RequestContext,
  caller: Caller,
  { user, label, scope, expiresAt = ctx.now + defaultLifetime }: KeyTerms,
): Promise<Outcome<Enrolled, Reason>> {
  if (expiresAt <= ctx.now || expiresAt > oneYearAfter(ctx.now)) return refuse('invalid_end');
  const may = requireChangeable(caller, kind);
  if (!may.ok) return may;
  const isOwn = user.id === caller.userId;
  const isAllowed = scope ? isAdministrator(caller) && isAdministrator(user) : isOwn;
  if (!isAllowed) return refuse('forbidden');
  const allowed = await requireStepUp(ctx, caller);
  if (!allowed.ok) return allowed;
  if (hasReachedLimit(await listAuthenticators(ctx.store, user.id, ctx.now), kind)) return refuse('too_many');
  const made = await makeAuthenticator(ctx, apikey, { user, label });
  if (!made.ok) return made;
  const { shown: offer, authenticator } = made.value;
  const key = { ...authenticator, expiresAt, scope: scope ?? null };
  const detail = isOwn ? null : `by the administrator ${caller.userId}`;
  const facts = { action: 'enroll', factor: kind, sessionId: caller.id, detail };
  const notice = { name: 'factor_added', factor: kind } as const;
  const changed = await changeFactors(ctx, { user, caller, facts, notice }, async (tx) => {
    await insertAuthenticator(tx.store, { ...key, ...(scope && { makerId: caller.userId }) }, tx.now);
    return success(undefined);
  });
  if (!changed.ok) return changed;
  const times = { createdAt: ctx.now, updatedAt: ctx.now, lastUsedAt: null };
  const enrolled = { authenticator: { ...key, revision: 0, ...times }, offer };
  return success({ ...enrolled, ...(isOwn && (await issueNextTokens(ctx, caller))) });
}

function oneYearAfter(now: number): number {
  const end = new Date(now);
  return end.setUTCFullYear(end.getUTCFullYear() + 1);
}
