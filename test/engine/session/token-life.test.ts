/** Contract section 4: `token_auth_expiry_s` of a module holds for all that is opened through it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute, second } from '../../../src/base/clock.ts';
import type { AuthModulesConfig } from '../../../src/engine/policy/configuration.ts';
import {
  authenticate,
  authenticateEnrollmentActor,
  confirm,
  createUser,
  enroll,
  makeClient,
  passwordGrant,
  refresh,
} from '../../../src/engine/operations.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { writeSecurity } from '../../../src/store/security.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { got, house, type House } from '../../../kit/house.ts';

async function says({ ctx, clock, root }: House, authModules: AuthModulesConfig, revision = 0): Promise<void> {
  assert.equal(await writeSecurity(ctx.store, { accountId: root, authModules, revision }, clock.now()), true);
}

/** How long a token is good for, asked of whoever checks it: it, and its session with it. */
async function lifeOf(home: House, token: string): Promise<number> {
  const { exp = 0, iat = 0 } = (await home.ctx.tokens.read(token, home.clock.now())) ?? {};
  const life = (exp - iat) * second;
  home.clock.tick(life - 1);
  assert.equal((await authenticate(home.ctx, token)).ok, true);
  home.clock.tick(1);
  assert.equal((await authenticate(home.ctx, token)).ok, false);
  return life;
}

onEachDatabase('the life that an account gives to tokens', (database) => {
  test('is that of a session after a password, after a second factor, and of who registers', async () => {
    await using home = await house(database, { settings: { registration: 'open' } });
    await says(home, { password: { token_auth_expiry_s: 120 } });
    const ada = await home.addPerson('ada');
    assert.equal(await lifeOf(home, await home.signIn('ada', ada.password)), 2 * minute);
    const { seed } = await home.enrollTotp(await home.enter('ada', ada.password));
    home.clock.tick(minute);
    const protectedToken = await home.signIn('ada', ada.password, home.codeFor(seed));
    assert.equal((await home.caller(protectedToken)).expiresAt, home.clock.now() + 2 * minute);
    assert.equal(await lifeOf(home, protectedToken), 2 * minute);
    const nothing = { email: null, phone: null, firstName: null, lastName: null, roles: [] };
    const bob = { ...nothing, name: 'bob', password: 'bob is on the boat' };
    const made = got(await createUser(home.ctx, undefined, bob));
    assert.equal(await lifeOf(home, made.token ?? ''), 2 * minute);
  });

  test('may be longer than an hour, and is that of the way in alone', async () => {
    await using home = await house(database);
    await says(home, { password: { token_auth_expiry_s: 86_400 } });
    const ada = await home.addPerson('ada');
    const other = got(await home.logIn('ada', ada.password, { authModule: 'authtoken' }));
    assert.equal(await lifeOf(home, await home.signIn('ada', ada.password)), 24 * hour);
    assert.equal(other.state === 'session' && other.session.expiresAt - other.session.authTime, hour);
  });

  test('is that of a session that an enrolment opens, of which the login may go unlogged and the enrolment not', async () => {
    await using home = await house(database);
    const { ctx, clock } = home;
    const ada = await home.addPerson('ada');
    const provider = { accountId: null, providerName: 'totp', name: null, enabled: true, settings: {} };
    await insertProvider(ctx.store, { id: 'a'.repeat(32), ...provider }, clock.now());
    const terms = { token_auth_expiry_s: 120, log_successful_attempts: false, log_failed_attempts: false };
    await says(home, { password: { multi_factor: { enabled: true }, ...terms } });
    let token = '';
    const logged = await home.logged(async () => {
      const refused = await home.logIn('ada', ada.password);
      assert.ok(!refused.ok && refused.enrollment);
      const enroller = got(await authenticateEnrollmentActor(ctx, refused.enrollment.token));
      const wanted = { kind: 'totp', label: null, input: {} } as const;
      const { authenticator, offer } = got(await enroll(ctx, enroller, wanted));
      const given = { authenticatorId: authenticator.id, response: home.codeFor(String(offer.secret)) };
      token = got(await confirm(ctx, enroller, given)).token ?? '';
    });
    assert.deepEqual(logged.map(({ action }) => action).toSorted(), ['confirm', 'enroll']);
    assert.equal(await lifeOf(home, token), 2 * minute);
  });

  test('is that of the moment at which the second factor is proven', async () => {
    await using home = await house(database);
    const { name, password, seed } = await home.addProtected('ada');
    await says(home, { password: { token_auth_expiry_s: 7200 } });
    const first = got(await home.logIn(name, password));
    assert.equal(first.state, 'challenge');
    await says(home, { password: { token_auth_expiry_s: 60 } }, 1);
    assert.equal(await lifeOf(home, await home.signIn(name, password, home.codeFor(seed))), minute);
  });
});

onEachDatabase('the life that an account gives to the tokens of an OAuth2 client', (database) => {
  const grantTypes = ['password', 'refresh_token'];

  async function begun(home: House) {
    const made = { name: 'app', grantTypes, scope: '', isPublic: false };
    const app = (await makeClient(home.ctx, undefined, { ...made, accountId: home.root })).client;
    const ada = await home.addPerson('ada');
    const grant = async (response?: string) => {
      const brought = response === undefined ? undefined : { response };
      const given = { login: ada.name, secret: ada.password, second: brought };
      const granted = got(await passwordGrant(home.ctx, app, given));
      return granted.state === 'granted' ? granted : assert.fail('a second factor was asked for');
    };
    const renew = async (refreshToken: string | undefined) =>
      got(await refresh(home.ctx, app, { refreshToken: refreshToken ?? '' }));
    return { ada, grant, renew };
  }

  test('bounds every access token, at each refresh as it is said by then, and not the session', async () => {
    await using home = await house(database);
    await says(home, { oauth2: { token_auth_expiry_s: 600 } });
    const { grant, renew } = await begun(home);
    const first = await grant();
    assert.equal(first.expiresIn, 600);
    assert.equal(await lifeOf(home, first.accessToken), 10 * minute);
    const next = await renew(first.refreshToken);
    assert.equal(next.expiresIn, 600);
    assert.equal(await lifeOf(home, next.accessToken), 10 * minute);
    await says(home, { oauth2: { token_auth_expiry_s: 60 } }, 1);
    const last = await renew(next.refreshToken);
    assert.equal(last.expiresIn, 60);
    assert.equal(await lifeOf(home, last.accessToken), minute);
  });

  test('bounds them also where a second factor was proven', async () => {
    await using home = await house(database);
    await says(home, { oauth2: { token_auth_expiry_s: 600 } });
    const { ada, grant, renew } = await begun(home);
    const { seed } = await home.enrollTotp(ada.caller);
    const first = await grant(home.codeFor(seed));
    assert.deepEqual([first.expiresIn, await lifeOf(home, first.accessToken)], [600, 10 * minute]);
    const next = await renew(first.refreshToken);
    assert.deepEqual([next.expiresIn, await lifeOf(home, next.accessToken)], [600, 10 * minute]);
  });

  test('makes none of them longer than an hour', async () => {
    await using home = await house(database);
    await says(home, { oauth2: { token_auth_expiry_s: 7200 } });
    const { grant, renew } = await begun(home);
    const first = await grant();
    const next = await renew(first.refreshToken);
    assert.deepEqual([first.expiresIn, next.expiresIn], [3600, 3600]);
    assert.equal(await lifeOf(home, next.accessToken), hour);
  });

  test('that can not be read at a refresh ends in no token, and the refresh token is not spent', async () => {
    await using home = await house(database);
    const { ada, grant, renew } = await begun(home);
    const { seed } = await home.enrollTotp(ada.caller);
    const { refreshToken } = await grant(home.codeFor(seed));
    await writeSecurity(home.ctx.store, { accountId: home.root, authModules: { oauth2: 7 }, revision: 0 }, 0);
    await assert.rejects(renew(refreshToken));
    await says(home, {}, 1);
    assert.equal((await renew(refreshToken)).expiresIn, 3600);
  });
});
