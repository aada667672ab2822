import { minute } from '../../base/clock.ts';
import type { Refusal } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import type { LoginChallenge } from '../../store/challenge-rows.ts';
import { insertChallenge } from '../../store/challenges.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** Lets a user enroll a factor before they have a session. */
export type EnrollmentOffer = {
  /** An opaque token, valid for this enrollment only. */
  readonly token: string;
  readonly kind: string;
  readonly expiresAt: number;
};

/** A refused login. If the user must enroll a factor first, it has the offer to do so. */
export type LoginRefusal = Refusal<Reason> & { readonly enrollment?: EnrollmentOffer };

/** How long a pending enrollment is valid, in milliseconds. */
export const enrollmentLife = 10 * minute;

type ProvenLogin = Pick<
  LoginChallenge,
  'userId' | 'authModule' | 'amr' | 'epoch' | 'authConfigOrigin' | 'mfaConfigOrigin' | 'client'
>;

/** Creates an enrollment offer, in the transaction of the proof. */
export async function offerEnrollment(
  tx: RequestContext,
  { userId, authModule, amr, epoch, authConfigOrigin, mfaConfigOrigin, client }: ProvenLogin,
  kind: string,
): Promise<EnrollmentOffer> {
  const { random, now } = tx;
  const token = opaqueToken(random);
  const expiresAt = now + enrollmentLife;
  const who = { userId, authModule, amr, epoch, ...(client && { client }) };
  const proven = { ...who, authConfigOrigin, mfaConfigOrigin };
  const enrollment = { id: uuid(random, now), createdAt: now, expiresAt, kinds: null, prompts: [], enrolls: kind };
  await insertChallenge(tx.store, { kind: 'enrollment', ...proven, ...enrollment }, token);
  return { token, kind, expiresAt };
}
