import { z } from 'zod';
import type { GrantedTokens } from '../../../engine/oauth/grant.ts';
import type { Reply } from '../../route.ts';

export const grantedView = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    refresh_token: z.string().optional(),
    scope: z.string(),
  })
  .meta({ id: 'Granted', description: 'RFC 6749 section 5.1.' });

/** The answer of the token endpoint. */
export function granted({ accessToken, expiresIn, refreshToken, scope }: GrantedTokens): Reply {
  const lasting = refreshToken === undefined ? {} : { refresh_token: refreshToken };
  const json = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...lasting,
    scope,
  };
  return { status: 200, json, headers: { Pragma: 'no-cache' } };
}
