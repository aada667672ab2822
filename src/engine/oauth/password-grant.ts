import { refuse, success, type Success } from '../../base/outcome.ts';
import type { OAuthClient } from '../../store/clients.ts';
import type { RequestContext } from '../context.ts';
import type { SecondFactorNeeded } from '../login/login-outcome.ts';
import { loginWithBothFactors, type BothFactorsLogin, type RefusedLogin } from '../login/login-with-both-factors.ts';
import { grantTokens, scopeFor, type GrantedTokens } from './grant.ts';

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
): Promise<Success<GrantedTokens | SecondFactorNeeded> | RefusedLogin> {
  if (!client.grantTypes.includes('password')) return refuse('unauthorized_client');
  const scope = scopeFor(client, wanted);
  if (scope === undefined) return refuse('invalid_scope');
  const issuedTo = { client, scope };
  const where = { authModule: 'oauth2', account: account ?? client.accountId, issuedTo } as const;
  const outcome = await loginWithBothFactors(ctx, { ...input, ...where });
  if (!outcome.ok) return outcome;
  const login = outcome.value;
  if (login.state === 'challenge') return success(login);
  return success(await grantTokens(ctx, login));
}
