import { uuid } from '../../base/random.ts';
import type { OAuthClient } from '../../store/clients.ts';
import { insertSession, type FirstGeneration, type Session } from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';

/** The OAuth2 client of a login, the scope it gets, and how long its session can be refreshed, in milliseconds. */
export type IssuedTo = {
  readonly client: Pick<OAuthClient, 'id' | 'accountId'>;
  readonly scope: string;
  readonly life: number;
};

export type NewSession = {
  readonly user: Pick<User, 'id' | 'accountId'>;
  /** The user's epoch when the login began. If the epoch has changed since, the session is void from the start. */
  readonly epoch: number;
  readonly authModule: string;
  readonly amr: readonly string[];
  /** The kinds of second factor that were proven, or that a recovery code replaced. */
  readonly secondKinds: readonly string[];
  readonly issuedTo?: IssuedTo | undefined;
  /** The policy of its auth module. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
};

/** A session, and the lifetime of its access tokens in milliseconds. */
export type CreatedSession = Session & { readonly tokenLife: number };

/** Creates a session, in the transaction of the proof. */
export async function createSession(tx: RequestContext, input: NewSession): Promise<CreatedSession> {
  const { now, client } = tx;
  const { tokenLife } = input.policy;
  const session: FirstGeneration = {
    id: uuid(tx.random, now),
    userId: input.user.id,
    authModule: input.authModule,
    epoch: input.epoch,
    amr: input.amr,
    secondFactorAt: input.secondKinds.length > 0 ? now : null,
    secondKinds: input.secondKinds,
    authTime: now,
    expiresAt: now + (input.issuedTo?.life ?? tokenLife),
    clientId: input.issuedTo?.client.id ?? null,
    scope: input.issuedTo?.scope ?? null,
    clientIp: client.ip,
    userAgent: client.userAgent,
  };
  await insertSession(tx.store, session);
  return { ...session, generation: 1, generationFrom: 1, refreshFrom: 1, raised: null, tokenLife };
}
