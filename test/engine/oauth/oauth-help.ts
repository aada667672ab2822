import assert from 'node:assert/strict';
import { authenticate, makeClient, passwordGrant, refresh } from '../../../src/engine/operations.ts';
import type { PasswordGrant } from '../../../src/engine/oauth/password-grant.ts';
import type { OAuthClient } from '../../../src/store/clients.ts';
import { unwrap, type TestEngine, type Person } from '../../../kit/test-engine.ts';

const grantTypes = ['password', 'refresh_token'];
export const invalidGrant = { ok: false, reason: 'invalid_grant' } as const;

export const addApp = async ({ ctx, root }: TestEngine, more: Partial<OAuthClient> = {}, account = root) =>
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

export async function grant({ ctx }: TestEngine, app: OAuthClient, who: Person, more: Partial<PasswordGrant> = {}) {
  const reached = unwrap(await passwordGrant(ctx, app, { login: who.name, secret: who.password, ...more }));
  if (reached.state !== 'granted') return assert.fail('a second factor was asked for');
  return { access: reached.accessToken, refreshToken: reached.refreshToken ?? '', scope: reached.scope };
}

/** An app, a person and what the app got for them. */
export async function begun(built: TestEngine) {
  const app = await addApp(built);
  const ada = await built.addPerson('ada');
  return { app, ada, ...(await grant(built, app, ada)) };
}

export const renew = ({ ctx }: TestEngine, app: OAuthClient, refreshToken: string, scope?: string) =>
  refresh(ctx, app, { refreshToken, scope });
export const isLive = async ({ ctx }: TestEngine, token: string) => (await authenticate(ctx, token)).ok;
