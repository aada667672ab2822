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
import { unwrap, startEngine, type TestEngine } from '../../../kit/test-engine.ts';

async function says({ ctx, clock, root }: TestEngine, authModules: AuthModulesConfig, revision = 0): Promise<void> {
  assert.equal(await writeSecurity(ctx.store, { accountId: root, authModules, revision }, clock.now()), true);
}

/** How long a token is good for, asked of whoever checks it: it, and its session with it. */
async function lifeOf(engine: TestEngine, token: string): Promise<number> {
  const { exp = 0, iat = 0 } = (await engine.ctx.tokens.read(token, engine.clock.now())) ?? {};
  const life = (exp - iat) * second;
  engine.clock.tick(life - 1);
  assert.equal((await authenticate(engine.ctx, token)).ok, true);
  engine.clock.tick(1);
  assert.equal((await authenticate(engine.ctx, token)).ok, false);
  return life;
}

onEachDatabase('the life that an account gives to tokens', (database) => {
  test('is that of a session after a password, after a second factor, and of who registers', async () => {
    await using engine = await startEngine(database, { settings: { registration: 'open' } });
    await says(engine, { password: { token_auth_expiry_s: 120 } });
    const ada = await engine.addPerson('ada');
    assert.equal(await lifeOf(engine, await engine.signIn('ada', ada.password)), 2 * minute);
    const { seed } = await engine.enrollTotp(await engine.enter('ada', ada.password));
    engine.clock.tick(minute);
    const protectedToken = await engine.signIn('ada', ada.password, engine.codeFor(seed));
    assert.equal((await engine.caller(protectedToken)).expiresAt, engine.clock.now() + 2 * minute);
    assert.equal(await lifeOf(engine, protectedToken), 2 * minute);
    const nothing = { email: null, phone: null, firstName: null, lastName: null, roles: [] };
    const bob = { ...nothing, name: 'bob', password: 'bob is on the boat' };
    const made = unwrap(await createUser(engine.ctx, undefined, bob));
    assert.equal(await lifeOf(engine, made.token ?? ''), 2 * minute);
  });

  test('may be longer than an hour, and is that of the way in alone', async () => {
    await using engine = await startEngine(database);
    await says(engine, { password: { token_auth_expiry_s: 86_400 } });
    const ada = await engine.addPerson('ada');
    const other = unwrap(await engine.logIn('ada', ada.password, { authModule: 'authtoken' }));
    assert.equal(await lifeOf(engine, await engine.signIn('ada', ada.password)), 24 * hour);
    assert.equal(other.state === 'session' && other.session.expiresAt - other.session.authTime, hour);
  });

  test('is that of a session that an enrolment opens, of which the login may go unlogged and the enrolment not', async () => {
    await using engine = await startEngine(database);
    const { ctx, clock } = engine;
    const ada = await engine.addPerson('ada');
    const provider = { accountId: null, providerName: 'totp', name: null, enabled: true, settings: {} };
    await insertProvider(ctx.store, { id: 'a'.repeat(32), ...provider }, clock.now());
    const terms = { token_auth_expiry_s: 120, log_successful_attempts: false, log_failed_attempts: false };
    await says(engine, { password: { multi_factor: { enabled: true }, ...terms } });
    let token = '';
    const logged = await engine.logged(async () => {
      const refused = await engine.logIn('ada', ada.password);
      assert.ok(!refused.ok && refused.enrollment);
      const enroller = unwrap(await authenticateEnrollmentActor(ctx, refused.enrollment.token));
      const wanted = { kind: 'totp', label: null, input: {} } as const;
      const { authenticator, offer } = unwrap(await enroll(ctx, enroller, wanted));
      const given = { authenticatorId: authenticator.id, response: engine.codeFor(String(offer.secret)) };
      token = unwrap(await confirm(ctx, enroller, given)).token ?? '';
    });
    assert.deepEqual(logged.map(({ action }) => action).toSorted(), ['confirm', 'enroll']);
    assert.equal(await lifeOf(engine, token), 2 * minute);
  });

  test('is that of the moment at which the second factor is proven', async () => {
    await using engine = await startEngine(database);
    const { name, password, seed } = await engine.addProtected('ada');
    await says(engine, { password: { token_auth_expiry_s: 7200 } });
    const first = unwrap(await engine.logIn(name, password));
    assert.equal(first.state, 'challenge');
    await says(engine, { password: { token_auth_expiry_s: 60 } }, 1);
    assert.equal(await lifeOf(engine, await engine.signIn(name, password, engine.codeFor(seed))), minute);
  });
});

onEachDatabase('the life that an account gives to the tokens of an OAuth2 client', (database) => {
  const grantTypes = ['password', 'refresh_token'];

  async function begun(engine: TestEngine) {
    const made = { name: 'app', grantTypes, scope: '', isPublic: false };
    const app = (await makeClient(engine.ctx, undefined, { ...made, accountId: engine.root })).client;
    const ada = await engine.addPerson('ada');
    const grant = async (response?: string) => {
      const brought = response === undefined ? undefined : { response };
      const given = { login: ada.name, secret: ada.password, second: brought };
      const granted = unwrap(await passwordGrant(engine.ctx, app, given));
      return granted.state === 'granted' ? granted : assert.fail('a second factor was asked for');
    };
    const renew = async (refreshToken: string | undefined) =>
      unwrap(await refresh(engine.ctx, app, { refreshToken: refreshToken ?? '' }));
    return { ada, grant, renew };
  }

  test('bounds every access token, at each refresh as it is said by then, and not the session', async () => {
    await using engine = await startEngine(database);
    await says(engine, { oauth2: { token_auth_expiry_s: 600 } });
    const { grant, renew } = await begun(engine);
    const first = await grant();
    assert.equal(first.expiresIn, 600);
    assert.equal(await lifeOf(engine, first.accessToken), 10 * minute);
    const next = await renew(first.refreshToken);
    assert.equal(next.expiresIn, 600);
    assert.equal(await lifeOf(engine, next.accessToken), 10 * minute);
    await says(engine, { oauth2: { token_auth_expiry_s: 60 } }, 1);
    const last = await renew(next.refreshToken);
    assert.equal(last.expiresIn, 60);
    assert.equal(await lifeOf(engine, last.accessToken), minute);
  });

  test('bounds them also where a second factor was proven', async () => {
    await using engine = await startEngine(database);
    await says(engine, { oauth2: { token_auth_expiry_s: 600 } });
    const { ada, grant, renew } = await begun(engine);
    const { seed } = await engine.enrollTotp(ada.caller);
    const first = await grant(engine.codeFor(seed));
    assert.deepEqual([first.expiresIn, await lifeOf(engine, first.accessToken)], [600, 10 * minute]);
    const next = await renew(first.refreshToken);
    assert.deepEqual([next.expiresIn, await lifeOf(engine, next.accessToken)], [600, 10 * minute]);
  });

  test('makes none of them longer than an hour', async () => {
    await using engine = await startEngine(database);
    await says(engine, { oauth2: { token_auth_expiry_s: 7200 } });
    const { grant, renew } = await begun(engine);
    const first = await grant();
    const next = await renew(first.refreshToken);
    assert.deepEqual([first.expiresIn, next.expiresIn], [3600, 3600]);
    assert.equal(await lifeOf(engine, next.accessToken), hour);
  });

  test('that can not be read at a refresh ends in no token, and the refresh token is not spent', async () => {
    await using engine = await startEngine(database);
    const { ada, grant, renew } = await begun(engine);
    const { seed } = await engine.enrollTotp(ada.caller);
    const { refreshToken } = await grant(engine.codeFor(seed));
    await writeSecurity(engine.ctx.store, { accountId: engine.root, authModules: { oauth2: 7 }, revision: 0 }, 0);
    await assert.rejects(renew(refreshToken));
    await says(engine, {}, 1);
    assert.equal((await renew(refreshToken)).expiresIn, 3600);
  });
});
