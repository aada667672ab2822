import { uuid } from '../../base/random.ts';
import { insertSession, type Session } from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';

export type IssuedTo = { readonly clientId: string; readonly life: number };

export type NewSession = {
  readonly user: Pick<User, 'id' | 'accountId'>;
  /** The epoch under which the login began. A session of an epoch that is over never comes into force. */
  readonly epoch: number;
  readonly authModule: string;
  readonly amr: readonly string[];
  readonly secondFactor: boolean;
  /** The OAuth2 client it is for, and how long it may then live by refreshing, in milliseconds. */
  readonly issuedTo?: IssuedTo | undefined;
  /** What holds for the way in. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
};

/** A session, with how long its access tokens live by the policy of this moment, in milliseconds. */
export type CreatedSession = Session & { readonly tokenLife: number };

/** Writes a session, in the transaction of the proof that makes it. */
export async function createSession(tx: RequestContext, opening: NewSession): Promise<CreatedSession> {
  const { now, client } = tx;
  const { tokenLife } = opening.policy;
  const session: Session = {
    id: uuid(tx.random, now),
    userId: opening.user.id,
    authModule: opening.authModule,
    epoch: opening.epoch,
    amr: opening.amr,
    secondFactorAt: opening.secondFactor ? now : null,
    authTime: now,
    expiresAt: now + (opening.issuedTo?.life ?? tokenLife),
    clientId: opening.issuedTo?.clientId ?? null,
    clientIp: client.ip,
    userAgent: client.userAgent,
  };
  await insertSession(tx.store, session);
  return { ...session, tokenLife };
}
