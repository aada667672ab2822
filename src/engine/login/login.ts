import { refuse, type Success } from '../../base/outcome.ts';
import { comparableName } from '../../base/text.ts';
import type { Read } from '../../factors/define-factor.ts';
import { factorOf, kindsWhere } from '../../factors/registry.ts';
import { findAccount } from '../../store/accounts.ts';
import { listForLogin, type Authenticator } from '../../store/authenticators.ts';
import { unknownUserPrefix, existingSubject } from '../../store/throttles.ts';
import { findUserByLogin } from '../../store/users.ts';
import { admit } from './admit.ts';
import type { Admitted, Resumed } from './login-outcome.ts';
import type { Responding } from '../proof/candidates.ts';
import { factorContext, forLogin, inTurn, type Context, type RequestContext } from '../context.ts';
import type { LoginRefusal } from '../session/offer-enrollment.ts';
import { logRefusal } from '../audit/log-attempt.ts';
import type { AuthModule } from '../policy/auth-modules.ts';
import { prove } from '../proof/prove.ts';
import type { IssuedTo } from '../session/create-session.ts';

export type LoginInput = {
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

/** What the client brought along as the second factor, so that no provider is asked for it once more. */
export type GivenResponse = { readonly response: unknown };

/** What is no key of the user's is a guess at the password, and is counted as one. */
const guessed = 'password';

/**
 * Judges a first factor. Answers with a session, or with a challenge when policy asks for more. An unknown name costs what a
 * known one costs and is throttled like it.
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
  const reads = readSecret(input.secret);
  const read = reads.get(guessed);
  if (!read) return refuse('malformed_reply');
  const account = await findAccount(ctx.store, input.account);
  const user = account && (await findUserByLogin(ctx.store, account.id, input.login));
  const subject = user?.id ?? (await unknownUserSubject(ctx, account?.id ?? '', input.login));

  return inTurn(ctx, `${subject}/${guessed}`, async (turn) => {
    // A stranger has none, and is looked for like anybody else: one read less could be heard from afar.
    const lookups = [...reads.values()].flatMap((one) => one.lookups(factorContext(turn)));
    const authenticators = await listForLogin(turn.store, subject, lookups);
    const candidates = firstFactors(authenticators, reads);
    // Nothing is written for who would be sent away from the queue. What was found by the secret itself needs no slow hash.
    if (!candidates.some(isFound)) ctx.hasher.requireRoom();
    const none = { kind: guessed, read };
    const { outcome: proof } = await prove(turn, { ...forLogin, subject, user, countAs: countedAs, candidates, none });
    if (proof.ok && user) {
      // The hash may have taken long.
      const { authModule: door, issuedTo, response } = input;
      return admit(turn.at(), { user, authenticators, proven: proof.value, door, issuedTo, response });
    }
    // A stranger is told to wait like anybody else.
    const unknown = proof.ok || (!user && proof.reason !== 'throttled');
    const refused = refuse(unknown ? 'unknown_user' : proof.reason, proof.ok ? undefined : proof.retryAfter);
    const tried = { action: 'login', authModule: input.authModule, factor: candidates[0]?.kind ?? guessed };
    const who = { accountId: account?.id ?? null, userId: user?.id ?? null };
    await logRefusal(turn, { ...tried, ...who }, refused.reason);
    return refused;
  });
}

/** What the secret may belong to: what was found by it first, for that costs nothing to verify. */
function firstFactors(authenticators: readonly Authenticator[], reads: Reads): readonly Responding[] {
  const fits = authenticators.flatMap((authenticator) => {
    const { kind, state } = authenticator;
    const read = reads.get(kind);
    return read?.matches(state) ? [{ kind, state, authenticator, read }] : [];
  });
  return fits.toSorted((a, b) => Number(isFound(b)) - Number(isFound(a)));
}

/** A key that nobody could guess is counted by itself; whatever else is tried here is a guess at the password. */
function countedAs(kind: string): string {
  return factorOf(kind).traits.unattended ? kind : guessed;
}

const isFound = ({ kind }: Responding) => factorOf(kind).isFound;

type Reads = ReadonlyMap<string, Read>;

/** The secret as each factor reads it that opens logins. */
function readSecret(secret: string): Reads {
  return new Map(
    kindsWhere(({ traits }) => traits.roles.includes('first')).flatMap((kind) => {
      const read = factorOf(kind).read(secret);
      return read ? [[kind, read] as const] : [];
    }),
  );
}

/**
 * What a name that nobody has is counted under. Keyed, for people type passwords into the wrong field; and as before where a key has rotated since,
 * for the counts of those who exist begin anew with no key.
 */
function unknownUserSubject({ store }: Context, accountId: string, name: string): Promise<string> {
  const hashes = store.safe.macs('stranger', `${accountId}\0${comparableName(name)}`);
  return existingSubject(
    store,
    hashes.map((hash) => unknownUserPrefix + hash),
  );
}
