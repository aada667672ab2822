import { z } from 'zod';
import type { IssuedTokens } from '../../../engine/session/issue-token.ts';

/** The tokens of a session that its own change or step-up handed out. */
export const tokenMembers = { token: z.string().optional(), refresh_token: z.string().optional() };

export function viewTokens({ token, refreshToken }: Partial<IssuedTokens>) {
  return {
    ...(token !== undefined && { token }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
  };
}
