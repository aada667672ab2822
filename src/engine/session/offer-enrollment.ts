import { minute } from '../../base/clock.ts';
import type { Refusal } from '../../base/outcome.ts';
import { opaqueToken, uuid } from '../../base/random.ts';
import type { Challenge } from '../../store/challenge-rows.ts';
import { insertChallenge } from '../../store/challenges.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

/** What they get for that. */
export type EnrollmentOffer = {
  /** Opaque; speaks for the enrolment alone and dies with it. */
  readonly token: string;
  readonly kind: string;
  readonly expiresAt: number;
};

/** A login that is refused, for now, to who must enrol first. */
export type LoginRefusal = Refusal<Reason> & { readonly enrollment?: EnrollmentOffer };

/** As long as a pending enrolment lasts. */
export const enrollmentLife = 10 * minute;

type ProvenLogin = Pick<Challenge, 'userId' | 'authModule' | 'amr' | 'epoch' | 'authConfigOrigin' | 'mfaConfigOrigin'>;

/** Makes the token, in the transaction of the proof that earns it. */
export async function offerEnrollment(
  tx: RequestContext,
  { userId, authModule, amr, epoch, authConfigOrigin, mfaConfigOrigin }: ProvenLogin,
  kind: string,
): Promise<EnrollmentOffer> {
  const { random, now } = tx;
  const token = opaqueToken(random);
  const expiresAt = now + enrollmentLife;
  const proven = { userId, authModule, amr, epoch, authConfigOrigin, mfaConfigOrigin };
  const made = { id: uuid(random, now), createdAt: now, expiresAt, kinds: null, prompts: [], enrolls: kind };
  await insertChallenge(tx.store, { kind: 'enrollment', ...proven, ...made }, token);
  return { token, kind, expiresAt };
}
