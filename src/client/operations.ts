import { resultOf, type Result } from './result.ts';
import type { ApiRequest, Transport } from './transport.ts';
import type {
  Approved,
  Assured,
  PendingChallenge,
  ChallengeReply,
  ChallengeStatus,
  ConfirmedFactor,
  Confirmation,
  ExternalProfile,
  Factors,
  Granted,
  LoggedIn,
  Login,
  MfaRequired,
  NewChallenge,
  NewFactor,
  NotRequired,
  PendingFactor,
  Redeemed,
  Redemption,
  SentCode,
  SessionInfo,
  ExternalUser,
  SessionRequirements,
} from './types.ts';

/** The account of your user, if it is not the service's own. */
export type InAccount = { readonly account?: string | undefined };

/** The challenge that the user passed, if they have a second factor. */
export type WithProof = InAccount & { readonly challenge_id?: string | undefined };

/** The operations of an application. Each says which credential it takes. */
export type Operations = {
  /** Users of an application that keeps its own table. For a service. */
  readonly users: {
    /** Creates or changes the user. `externalId`: the user's id in your application. */
    put(externalId: string, profile?: ExternalProfile): Promise<Result<ExternalUser>>;
    /** Deletes a user with all factors and sessions. */
    remove(uid: string): Promise<Result<undefined>>;
  };
  /** Second factors of those users. For a service. */
  readonly factors: {
    list(externalId: string, where?: InAccount): Promise<Result<Factors>>;
    /** Begins an enrollment. Show an app's `qr`; codes by message are sent. */
    enroll(externalId: string, factor: NewFactor, where?: InAccount): Promise<Result<PendingFactor>>;
    /** Confirms it with one of its codes. Show the recovery codes once. */
    confirm(
      externalId: string,
      factorId: string,
      confirmation: Confirmation,
      where?: InAccount,
    ): Promise<Result<ConfirmedFactor>>;
    remove(externalId: string, factorId: string, proof?: WithProof): Promise<Result<undefined>>;
    /** Replaces the recovery codes by ten new ones. */
    renewRecoveryCodes(externalId: string, proof?: WithProof): Promise<Result<{ readonly codes: readonly string[] }>>;
  };
  /** For a service, a session that steps up, and the holder of a challenge token, whose challenge has the id `current`. */
  readonly challenges: {
    create(challenge: NewChallenge): Promise<Result<PendingChallenge | NotRequired>>;
    read(id: string): Promise<Result<ChallengeStatus>>;
    /** Sends a code to the named factor, or to the first one that takes sent codes. */
    send(id: string, factor?: { readonly factor_id?: string | undefined }): Promise<Result<SentCode>>;
    /** Returns an assertion to a service, the next token to a session, and the session's token to a login; to one that began at the token endpoint of OAuth2, what that answers. */
    verify(id: string, reply: ChallengeReply): Promise<Result<Approved | LoggedIn | Granted>>;
    /** Spends an assertion that the user's browser handed over. For a service; it succeeds once. */
    redeem(id: string, redemption: Redemption): Promise<Result<Redeemed>>;
  };
  /** For users. */
  readonly sessions: {
    /** Logs in with a password, and with a code if one is required: the answer says so. Needs no credential. */
    logIn(login: Login): Promise<Result<LoggedIn | MfaRequired>>;
    list(): Promise<Result<readonly SessionInfo[]>>;
    /** Ends a session: the current one when absent. */
    end(sid?: string): Promise<Result<undefined>>;
    /** Ends all other sessions of the user. */
    endOthers(): Promise<Result<undefined>>;
    /** Whether the session was authenticated strongly and recently enough. */
    assure(wanted: SessionRequirements): Promise<Result<Assured>>;
  };
};

export function operationsOver(transport: Transport): Operations {
  async function ask<Value>(asked: ApiRequest): Promise<Result<Value>> {
    checkIds(asked);
    return resultOf(await transport(asked), ({ json }) => json as Value);
  }
  return { users: users(ask), factors: factors(ask), challenges: challenges(ask), sessions: sessions(ask, transport) };
}

/** Checks ids, for programs without types: the number 42 would not find the user '42'. */
function checkIds({ params = {} }: ApiRequest): void {
  for (const [name, value] of Object.entries(params))
    if (typeof value !== 'string') throw new TypeError(`${name}: expected a string, got ${typeof value}`);
}

type Ask = <Value>(asked: ApiRequest) => Promise<Result<Value>>;

function users(ask: Ask): Operations['users'] {
  return {
    put: (uid, body = {}) => ask({ method: 'PUT', path: '/users/{uid}', params: { uid }, body }),
    remove: (uid) => ask({ method: 'DELETE', path: '/users/{uid}', params: { uid } }),
  };
}

function factors(ask: Ask): Operations['factors'] {
  const all = '/users/{externalId}/factors';
  const one = '/users/{externalId}/factors/{factorId}';
  return {
    list: (externalId, { account } = {}) =>
      ask({ method: 'GET', path: all, params: { externalId }, query: { account } }),
    enroll: (externalId, body, { account } = {}) =>
      ask({ method: 'POST', path: all, params: { externalId }, query: { account }, body }),
    confirm: (externalId, factorId, body, { account } = {}) =>
      ask({ method: 'POST', path: `${one}/confirm`, params: { externalId, factorId }, query: { account }, body }),
    remove: (externalId, factorId, { account, challenge_id } = {}) =>
      ask({ method: 'DELETE', path: one, params: { externalId, factorId }, query: { account, challenge_id } }),
    renewRecoveryCodes: (externalId, { account, challenge_id } = {}) =>
      ask({
        method: 'POST',
        path: '/users/{externalId}/recovery-codes',
        params: { externalId },
        query: { account },
        body: challenge_id === undefined ? {} : { challenge_id },
      }),
  };
}

function challenges(ask: Ask): Operations['challenges'] {
  return {
    create: (body) => ask({ method: 'POST', path: '/challenges', body }),
    read: (id) => ask({ method: 'GET', path: '/challenges/{id}', params: { id } }),
    send: (id, body = {}) => ask({ method: 'POST', path: '/challenges/{id}/send', params: { id }, body }),
    verify: (id, body) => ask({ method: 'POST', path: '/challenges/{id}/verify', params: { id }, body }),
    redeem: (id, body) => ask({ method: 'POST', path: '/challenges/{id}/redeem', params: { id }, body }),
  };
}

function sessions(ask: Ask, transport: Transport): Operations['sessions'] {
  return {
    logIn: (body) => ask({ method: 'POST', path: '/mfa/authtoken/login', body }),
    list: () => ask({ method: 'GET', path: '/sessions' }),
    end: (sid) =>
      sid === undefined
        ? ask({ method: 'DELETE', path: '/sessions/current' })
        : ask({ method: 'DELETE', path: '/sessions/{sid}', params: { sid } }),
    endOthers: () => ask({ method: 'DELETE', path: '/sessions' }),
    async assure({ acr, maxAge, amr, clients }) {
      const required = { acr_values: acr, max_age: maxAge?.toString(), amr: amr?.join(' ') };
      const query = { ...required, client: clients?.join(' ') };
      const answered = await transport({ method: 'GET', path: '/forward-auth', query });
      return resultOf(answered, ({ header }) => ({
        user: header('x-auth-user') ?? '',
        account: header('x-auth-account') ?? '',
        acr: header('x-auth-acr') === 'aal2' ? 'aal2' : 'aal1',
        amr: (header('x-auth-amr') ?? '').split(' ').filter(Boolean),
      }));
    },
  };
}
