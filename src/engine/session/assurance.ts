import type { Session } from '../../store/sessions.ts';
import { assuranceOf } from './sessions.ts';

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
