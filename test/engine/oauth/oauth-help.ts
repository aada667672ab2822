import assert from 'node:assert/strict';
import { authenticate, makeClient, passwordGrant, refresh } from '../../../src/engine/operations.ts';
import type { PasswordGrant } from '../../../src/engine/oauth/password-grant.ts';
import type { OAuthClient } from '../../../src/store/clients.ts';
import { got, type House, type Person } from '../../../kit/house.ts';

const grantTypes = ['password', 'refresh_token'];
export const invalidGrant = { ok: false, reason: 'invalid_grant' } as const;

export const addApp = async ({ ctx, root }: House, more: Partial<OAuthClient> = {}, account = root) =>
  (
    await makeClient(ctx, undefined, {
      accountId: account,
      name: 'app',
      grantTypes,
      scope: 'read write',
      isPublic: false,
      ...more,
    })
  ).client;

export async function grant({ ctx }: House, app: OAuthClient, who: Person, more: Partial<PasswordGrant> = {}) {
  const reached = got(await passwordGrant(ctx, app, { login: who.name, secret: who.password, ...more }));
  if (reached.state !== 'granted') return assert.fail('a second factor was asked for');
  return { access: reached.accessToken, refreshToken: reached.refreshToken ?? '', scope: reached.scope };
}

/** An app, a person and what the app got for them. */
export async function begun(built: House) {
  const app = await addApp(built);
  const ada = await built.addPerson('ada');
  return { app, ada, ...(await grant(built, app, ada)) };
}

export const renew = ({ ctx }: House, app: OAuthClient, refreshToken: string, scope?: string) =>
  refresh(ctx, app, { refreshToken, scope });
export const isLive = async ({ ctx }: House, token: string) => (await authenticate(ctx, token)).ok;
