import type { Session } from '../../store/sessions.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';

export type ProvenFactors = Pick<Session, 'amr' | 'secondFactorAt'>;

/**
 * The method of a second factor that leaves a session at AAL1 (SP 800-63B-4 section 3.1.3.1). `amr` has it only while
 * no stronger second factor was proven.
 */
const weakMethod = 'email';

/** The authentication assurance level of SP 800-63B: `aal2` with a second factor other than a code by e-mail. */
export function assuranceOf({ amr, secondFactorAt }: ProvenFactors): 'aal1' | 'aal2' {
  return secondFactorAt === null || amr.includes(weakMethod) ? 'aal1' : 'aal2';
}

/** Adds the methods of a factor to the methods of a session (RFC 8176). */
export function withFactor(amr: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...amr, ...added])];
}

/** Adds the methods of a second factor, and `mfa`, to the methods of a session (RFC 8176). */
export function withSecondFactor(
  amr: readonly string[],
  added: readonly string[],
  { emailIsAal2 }: Pick<AccountPolicy, 'emailIsAal2'>,
): readonly string[] {
  const withoutWeak = (methods: readonly string[]) => methods.filter((method) => method !== weakMethod);
  const proven = emailIsAal2 ? withoutWeak(added) : added;
  const before = proven.includes(weakMethod) ? amr : withoutWeak(amr);
  return withFactor(before, [...proven, 'mfa']);
}

/** The proof of a session after its user enrolled a factor. An e-mail address does not weaken a stronger proof. */
export function withEnrollment(
  before: ProvenFactors,
  added: readonly string[],
  { policy, now }: { readonly policy: Pick<AccountPolicy, 'emailIsAal2'>; readonly now: number },
): ProvenFactors {
  const after = { amr: withSecondFactor(before.amr, added, policy), secondFactorAt: now };
  const isWeaker = assuranceOf(before) === 'aal2' && assuranceOf(after) === 'aal1';
  return isWeaker ? { amr: before.amr, secondFactorAt: before.secondFactorAt } : after;
}

/** The requirements of a resource on a session (RFC 9470 section 3). */
export type RequiredAssurance = {
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** The greatest age of the last proof, in seconds. */
  readonly maxAge?: number | undefined;
  /** Methods that must all have been used (RFC 8176). */
  readonly amr?: readonly string[] | undefined;
};

/**
 * Whether a session meets a requirement. If a second factor is required, the age of its proof counts, not that of the
 * login.
 */
export function isEnough(
  session: Pick<Session, 'amr' | 'authTime' | 'secondFactorAt'>,
  { acr = 'aal1', maxAge, amr = [] }: RequiredAssurance,
  now: number,
): boolean {
  if (acr === 'aal2' && assuranceOf(session) !== 'aal2') return false;
  if (!amr.every((method) => session.amr.includes(method))) return false;
  const { authTime, secondFactorAt } = session;
  const last = acr === 'aal2' ? (secondFactorAt ?? 0) : Math.max(authTime, secondFactorAt ?? 0);
  return maxAge === undefined || now - last <= maxAge * 1000;
}
