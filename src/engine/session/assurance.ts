import type { Session } from '../../store/sessions.ts';

/** SP 800-63B's authentication assurance level: two with a second factor. */
export function assuranceOf(session: Pick<Session, 'secondFactorAt'>): 'aal1' | 'aal2' {
  return session.secondFactorAt === null ? 'aal1' : 'aal2';
}

/** The methods of a session to which a second factor was added (RFC 8176's `mfa` says that there were several). */
export function withSecondFactor(amr: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...amr, ...added, 'mfa'])];
}

/** What a resource wants of a session before it serves it (RFC 9470 section 3). */
export type RequiredAssurance = {
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** How old the last proof may be, in seconds. */
  readonly maxAge?: number | undefined;
  /** Methods that all have to be among those that were used (RFC 8176). */
  readonly amr?: readonly string[] | undefined;
};

/** Whether a session was proven well and lately enough. Where a second factor is wanted, its proof is the one whose age counts. */
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
