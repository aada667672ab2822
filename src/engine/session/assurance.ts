import type { Session } from '../../store/sessions.ts';

/** The authentication assurance level of SP 800-63B: `aal2` with a second factor. */
export function assuranceOf(session: Pick<Session, 'secondFactorAt'>): 'aal1' | 'aal2' {
  return session.secondFactorAt === null ? 'aal1' : 'aal2';
}

/** Adds the methods of a factor to the methods of a session (RFC 8176). */
export function withFactor(amr: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...amr, ...added])];
}

/** Adds the methods of a second factor, and `mfa`, to the methods of a session (RFC 8176). */
export function withSecondFactor(amr: readonly string[], added: readonly string[]): readonly string[] {
  return withFactor(amr, [...added, 'mfa']);
}

/** What a resource requires of a session (RFC 9470 section 3). */
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
