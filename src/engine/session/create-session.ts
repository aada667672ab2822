import { day } from '../../base/clock.ts';
import { uuid } from '../../base/random.ts';
import type { OAuthClient } from '../../store/clients.ts';
import { insertSession, type FirstGeneration, type Session } from '../../store/sessions.ts';
import type { User } from '../../store/users.ts';
import type { AccountPolicy } from '../policy/merge-policy.ts';
import type { RequestContext } from '../context.ts';

/** The OAuth2 client of a login, and the scope that its session gets. */
export type IssuedTo = { readonly client: OAuthClient; readonly scope: string };

/** How long a session of a client can be refreshed before its user must log in again, in milliseconds. */
const refreshLife = 30 * day;

export type NewSession = {
  readonly user: Pick<User, 'id' | 'accountId' | 'roles'>;
  /** The user's epoch when the login began. If the epoch has changed since, the session is void from the start. */
  readonly epoch: number;
  readonly authModule: string;
  readonly amr: readonly string[];
  /** The kinds of second factor that were proven, or that a recovery code replaced. */
  readonly secondKinds: readonly string[];
  readonly issuedTo?: IssuedTo | undefined;
  /** The key that the session ends with. */
  readonly keyId?: string | null | undefined;
  /** The policy of its auth module. */
  readonly policy: Pick<AccountPolicy, 'tokenLife'>;
};

/** A session, the lifetime of its access tokens in milliseconds, and its OAuth2 client. */
export type CreatedSession = Session & { readonly tokenLife: number; readonly client?: OAuthClient | undefined };

/** Creates a session, in the transaction of the proof. */
export async function createSession(tx: RequestContext, input: NewSession): Promise<CreatedSession> {
  const { now } = tx;
  const { user, issuedTo } = input;
  const { tokenLife } = input.policy;
  const session: FirstGeneration = {
    id: uuid(tx.random, now),
    userId: user.id,
    authModule: input.authModule,
    epoch: input.epoch,
    amr: input.amr,
    secondFactorAt: input.secondKinds.length > 0 ? now : null,
    secondKinds: input.secondKinds,
    authTime: now,
    expiresAt: now + (issuedTo ? refreshLife : tokenLife),
    clientId: issuedTo?.client.id ?? null,
    scope: issuedTo ? scopeFor(user, issuedTo.scope) : null,
    keyId: input.keyId ?? null,
    clientIp: tx.client.ip,
    userAgent: tx.client.userAgent,
  };
  await insertSession(tx.store, session);
  return {
    ...session,
    generation: 1,
    generationFrom: 1,
    refreshFrom: 1,
    raised: null,
    tokenLife,
    client: issuedTo?.client,
  };
}

/** Only administrators get `manage`. */
const scopeFor = ({ roles }: Pick<User, 'roles'>, scope: string) =>
  roles.includes('admin')
    ? scope
    : scope
        .split(' ')
        .filter((word) => word !== 'manage')
        .join(' ');
