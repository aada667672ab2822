import { refuse, type Outcome, type Refusal, type Success } from '../../base/outcome.ts';
import { comparableName } from '../../base/text.ts';
import { factorOf, kindsWhere } from '../../factors/registry.ts';
import { findAccount, findBelow, type Account } from '../../store/accounts.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import { listForLogin } from '../../store/login-authenticators.ts';
import { unknownUserPrefix, existingSubject } from '../../store/throttles.ts';
import { findUserByLogin } from '../../store/users.ts';
import { admit } from './admit.ts';
import type { Admitted, Resumed } from './login-outcome.ts';
import type { Responding } from '../proof/candidates.ts';
import { factorContext, forLogin, inTurn, type Context, type RequestContext } from '../context.ts';
import type { LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import type { AuthModule } from '../policy/auth-modules.ts';
import type { Reason } from '../reasons.ts';
import { prove } from '../proof/prove.ts';
import { readsOfOpenModules, type Reads } from './open-reads.ts';
import type { IssuedTo } from '../session/create-session.ts';

export type LoginInput = {
  /** The module of the route. For an API key or a device secret, its own module replaces it. */
  readonly authModule: AuthModule;
  /** An account's id or name; the root account when absent. */
  readonly account?: string | undefined;
  /** The user's name, id or e-mail address. */
  readonly login: string;
  /** A password, an API key or a device secret. */
  readonly secret: string;
  readonly issuedTo?: IssuedTo | undefined;
};

/** The second factor in the same request. If it is given, no provider is asked for a new prompt. */
export type GivenResponse = { readonly response: unknown };

/** A secret that is not one of the user's keys counts as a wrong password. */
const guessed = 'password';

/**
 * Verifies a first factor. Returns a session, or a challenge if policy requires a second factor. An unknown user name
 * takes the same time and has the same rate limit as a known one, so that a client cannot tell them apart.
 */
export async function login(
  ctx: RequestContext,
  input: LoginInput & GivenResponse,
): Promise<Success<Admitted | Resumed> | LoginRefusal>;
export async function login(ctx: RequestContext, input: LoginInput): Promise<Success<Admitted> | LoginRefusal>;
export async function login(
  ctx: RequestContext,
  input: LoginInput & Partial<GivenResponse>,
): Promise<Success<Admitted | Resumed> | LoginRefusal> {
  const given = readSecret(input.secret);
  if (!given.has(guessed)) return refuse('malformed_reply');
  const { authModule: door, issuedTo, response } = input;
  const account = await findLoginAccount(ctx, input);
  const open = account && (await readsOfOpenModules(ctx, { accountId: account.id, door, reads: given }));
  const { reads = given } = open ?? {};
  const facts = { action: 'login', authModule: door, accountId: account?.id ?? null, ...(open && { logs: open.logs }) };
  const [read] = reads.values();
  if (!read) {
    await logRefusal(ctx, { ...facts, factor: guessed }, 'module_disabled');
    return refuse('module_disabled');
  }
  const found = account && (await findUserByLogin(ctx.store, account.id, input.login));
  // A disabled user is answered like an unknown one, with the same statements and hashes.
  const user = found?.isActive ? found : undefined;
  const subject = user?.id ?? (await unknownUserSubject(ctx, account?.id ?? '', input.login));

  return inTurn(ctx, `${subject}/${guessed}`, async (turn) => {
    // Also for an unknown user, who has none: without this query, the response time would show that the user does not
    // exist.
    const lookups = [...reads.values()].flatMap((one) => one.lookups(factorContext(turn)));
    const authenticators = await listForLogin(turn.store, subject, { lookups, now: turn.now });
    const candidates = firstFactors(authenticators, reads);
    // If the hash queue is full, refuse before an attempt is counted. Keys that were found by their hash need no password
    // hash.
    if (reads.has(guessed) && !candidates.some(isFound)) ctx.hasher.requireRoom();
    // Where passwords are closed, this is the read of a key, which is counted in the same way and hashes nothing.
    const none = { kind: guessed, read };
    const { outcome: proof } = await prove(turn, { ...forLogin, subject, user, countAs: countedAs, candidates, none });
    // The hash may have waited in the queue.
    if (proof.ok && user)
      return admit(turn.at(), { user, authenticators, proven: proof.value, door, issuedTo, response });
    const refused = firstFactorRefusal(proof, { isKnown: user !== undefined, isClosed: !reads.has(guessed) });
    const factor = candidates[0]?.kind ?? guessed;
    await logRefusal(turn, { ...facts, factor, userId: user?.id ?? null }, refused.reason);
    return refused;
  });
}

/** An unknown user is throttled like a known one. Where passwords are closed, a secret that is no key is no login. */
function firstFactorRefusal(
  proof: Outcome<unknown, Reason>,
  { isKnown, isClosed }: { readonly isKnown: boolean; readonly isClosed: boolean },
): Refusal<Reason> {
  if (!proof.ok && proof.reason === 'throttled') return refuse(proof.reason, proof.retryAfter);
  if (isClosed) return refuse('module_disabled');
  return refuse(proof.ok || !isKnown ? 'unknown_user' : proof.reason);
}

/**
 * The authenticators that the secret may belong to, first those found by their keyed hash, which are cheap to verify.
 */
function firstFactors(authenticators: readonly Authenticator[], reads: Reads): readonly Responding[] {
  const fits = authenticators.flatMap((authenticator) => {
    const { kind, state } = authenticator;
    const read = reads.get(kind);
    return read?.matches(state) ? [{ kind, state, authenticator, read }] : [];
  });
  return fits.toSorted((a, b) => Number(isFound(b)) - Number(isFound(a)));
}

/** Failures with an API key are counted separately; all others, also with a device secret, count as wrong passwords. */
function countedAs(kind: string): string {
  return factorOf(kind).traits.programOnly ? kind : guessed;
}

const isFound = ({ kind }: Responding) => factorOf(kind).isFound;

/** The secret as parsed by each first factor. */
function readSecret(secret: string): Reads {
  return new Map(
    kindsWhere(({ traits }) => traits.roles.includes('first')).flatMap((kind) => {
      const read = factorOf(kind).read(secret);
      return read ? [[kind, read] as const] : [];
    }),
  );
}

/**
 * The name under which failures of an unknown user are counted. It is a keyed hash, because people type passwords into
 * the wrong field. An older key's hash is kept if it has failures, because a count that restarts at key rotation would
 * show that the user is unknown.
 */
function unknownUserSubject({ store }: Context, accountId: string, name: string): Promise<string> {
  const hashes = store.safe.macs('stranger', `${accountId}\0${comparableName(name)}`);
  return existingSubject(
    store,
    hashes.map((hash) => unknownUserPrefix + hash),
  );
}

/**
 * The account of a login. An OAuth2 client logs users of its own account and its descendants in; any other account does
 * not exist for it.
 */
async function findLoginAccount(
  { store }: RequestContext,
  { account: named, issuedTo }: LoginInput,
): Promise<Account | undefined> {
  const account = await findAccount(store, named);
  if (!account || !issuedTo || account.id === issuedTo.client.accountId) return account;
  return findBelow(store, issuedTo.client.accountId, account.id);
}
