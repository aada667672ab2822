import { day } from '../../base/clock.ts';
import { refuse, success, type Success } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import type { RequestContext } from '../context.ts';
import type { SecondFactorNeeded } from '../login/login-outcome.ts';
import { loginWithBothFactors, type BothFactorsLogin, type RefusedLogin } from '../login/login-with-both-factors.ts';
import { tokenSeconds } from '../session/issue-token.ts';
import { writeRefreshToken } from '../session/refresh-tokens.ts';
import { narrowScope, type Granted } from './grant.ts';

/** How long a session can be refreshed before its user must log in again, in milliseconds. */
const refreshLife = 30 * day;

export type PasswordGrant = Pick<BothFactorsLogin, 'account' | 'login' | 'secret' | 'second'> & {
  readonly scope?: string | undefined;
};

/**
 * The resource owner password credentials grant (RFC 6749 section 4.3). Clients need permission: RFC 9700 section 2.4
 * advises against it.
 */
export async function passwordGrant(
  ctx: RequestContext,
  client: OAuthClient,
  { scope: wanted, account, ...input }: PasswordGrant,
): Promise<Success<Granted | SecondFactorNeeded> | RefusedLogin> {
  if (!client.grantTypes.includes('password')) return refuse('unauthorized_client');
  const scope = narrowScope(client.scope, wanted);
  if (scope === undefined) return refuse('invalid_scope');
  const issuedTo = { client, scope, life: refreshLife };
  const where = { authModule: 'oauth2', account: account ?? client.accountId, issuedTo } as const;
  const outcome = await loginWithBothFactors(ctx, { ...input, ...where });
  if (!outcome.ok) return outcome;
  const login = outcome.value;
  if (login.state === 'challenge') return success(login);
  const { token, session } = login;
  const refreshToken = client.grantTypes.includes('refresh_token')
    ? await writeRefreshToken(ctx.at(), session, scope)
    : undefined;
  const expiresIn = tokenSeconds(session, session.authTime);
  return success({ state: 'granted', accessToken: token, expiresIn, refreshToken, scope });
}
