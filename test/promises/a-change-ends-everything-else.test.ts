/**
 * Turning multi-factor authentication on or off, and changing the password, the name, the address or the number, end every other session and every refresh token at once,
 * on the other node as well; the session in which it was done goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { addOAuthApp, singleRequestLogins, newestCode, bodyOf, tokenOf, type OAuthApp } from '../../kit/doors.ts';
import { twoNodes, type Ask, type TwoNodes } from '../../kit/nodes.ts';
import { member, type App, type Call, type Person } from '../../kit/server.ts';

type Ada = Person & { readonly app?: App };

type Change = {
  /** Whether she has a second factor before. */
  readonly from: 'on' | 'off';
  /** What she does, through a node; returns the token of the session that goes on. */
  readonly make: (town: TwoNodes, call: Ask, ada: Ada) => Promise<string>;
};

async function done(call: Ask, method: string, path: string, options: Call) {
  const answer = await call(method, path, options);
  assert.ok(answer.status < 300, `${answer.asked} ${answer.text}`);
  return answer;
}

const enrol =
  (method: 'sms' | 'email', json: object): Change['make'] =>
  async (town, call, { token: bearer }) => {
    await done(call, 'PUT', `/mfa/${method}/request`, { bearer, json });
    await done(call, 'PUT', `/mfa/${method}/verify`, { bearer, json: { mfa_code: newestCode(town) } });
    return bearer;
  };

const changePassword: Change['make'] = async (_town, call, { token: bearer, password: currentPassword }) => {
  const json = { type: 'password', secret: 'another one altogether', currentPassword };
  await done(call, 'POST', '/users/me/secrets', { bearer, json });
  return bearer;
};

const changeProfile =
  (json: object): Change['make'] =>
  async (_town, call, { token: bearer }) =>
    member(await done(call, 'PATCH', '/users/me', { bearer, json }), 'token');

const changes: Readonly<Record<string, Change>> = {
  'enabling text messages': { from: 'off', make: enrol('sms', { phone_number: '+12133734253' }) },
  'enabling codes by e-mail': { from: 'off', make: enrol('email', { email: 'ada@example.org' }) },
  'enabling an app at the self-service door': {
    from: 'off',
    async make(town, call, { token: bearer }) {
      const seed = member(await done(call, 'PUT', '/mfa/totp/request', { bearer, json: {} }), 'secret');
      await done(call, 'PUT', '/mfa/totp/verify', { bearer, json: { mfa_code: town.code({ seed }) } });
      return bearer;
    },
  },
  'enrolling an app at the secrets door': {
    from: 'off',
    async make(town, call, { token: bearer }) {
      const made = bodyOf(await done(call, 'POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }));
      const { secret: seed } = made['secret'] as { secret: string };
      const json = { token: town.code({ seed }) };
      await done(call, 'PUT', `/users/me/secrets/${String(made['uid'])}/enroll`, { bearer, json });
      return bearer;
    },
  },
  'one more factor': { from: 'on', make: enrol('sms', { phone_number: '+12133734253' }) },
  'a new password': { from: 'off', make: changePassword },
  'a new password beside a second factor': { from: 'on', make: changePassword },
  'a new name': { from: 'off', make: changeProfile({ name: 'ada lovelace' }) },
  'a new e-mail address': { from: 'off', make: changeProfile({ email: 'ada@example.net' }) },
  'a new number beside a second factor': { from: 'on', make: changeProfile({ phone: '+12133734253' }) },
  'removing the last factor': {
    from: 'on',
    async make(_town, call, { token: bearer, app }) {
      await done(call, 'DELETE', `/users/me/secrets/${app?.secretId}`, { bearer });
      return bearer;
    },
  },
  'turning it off': {
    from: 'on',
    async make(_town, call, { token: bearer }) {
      await done(call, 'DELETE', '/mfa', { bearer });
      return bearer;
    },
  },
  'a login with the backup code': {
    from: 'on',
    async make(_town, call, { token: bearer, name: username, password }) {
      const backup_code = member(await done(call, 'GET', '/mfa/recovery', { bearer }), 'backup_code');
      return member(
        await done(call, 'POST', '/mfa/authtoken/login', { json: { username, password, backup_code } }),
        'token',
      );
    },
  },
};

/** What somebody holds elsewhere: the session of a browser, what an application got, and a login that is half done. */
async function elsewhere(town: TwoNodes, app: OAuthApp, ada: Ada) {
  const [first, second] = ada.app?.codes ?? [];
  const codes = second === undefined ? {} : { backup_code: second };
  const granted = await (singleRequestLogins(app)['POST /mfa/oauth2/token'] ?? assert.fail())(
    town.nodes[1],
    ada,
    codes,
  );
  return {
    browser: await town.logIn(ada, first),
    access: tokenOf(granted) ?? assert.fail(granted.text),
    refresh: member(granted, 'refresh_token'),
    challenge: ada.app && (await town.challenge(ada)),
  };
}

const isActive = async (call: Ask, app: OAuthApp, token: string) =>
  bodyOf(await call('POST', '/oauth2/introspect', { json: { ...app, token } }))['active'];

const isLive = async (call: Ask, bearer: string) => (await call('GET', '/users/me', { bearer })).status === 200;

const renew = (call: Ask, app: OAuthApp, refresh_token: string) =>
  call('POST', '/mfa/oauth2/token', { json: { ...app, grant_type: 'refresh_token', refresh_token } });

onEachDatabase('a change ends everything else', (on) => {
  for (const [what, { from, make }] of Object.entries(changes)) {
    test(`${what} does, on both nodes`, async () => {
      await using town = await twoNodes(on);
      const app = await addOAuthApp(town);
      const person = await town.addPerson('ada', { email: 'ada@example.org' });
      const phone = from === 'on' ? await town.addApp(person) : undefined;
      const ada: Ada = { ...person, ...(phone && { app: phone }) };
      const { browser, access, refresh, challenge } = await elsewhere(town, app, ada);
      // Somebody else, whom it does not concern.
      const bob = await elsewhere(town, app, await town.addPerson('bob'));
      const [here, there] = town.nodes;
      for (const token of [browser, access]) assert.equal(await isLive(there, token), true);
      for (const token of [access, refresh]) assert.equal(await isActive(there, app, token), true);

      const own = await make(town, here, ada);

      for (const call of [there, here]) {
        for (const token of [browser, access, refresh]) {
          assert.equal(await isLive(call, token), false);
          assert.equal(await isActive(call, app, token), false);
        }
        const refused = await renew(call, app, refresh);
        assert.deepEqual([refused.status, bodyOf(refused)['error']], [400, 'invalid_grant'], refused.text);
        if (challenge !== undefined && ada.app) {
          const json = { token: ada.app.codes[2], challenge_token: challenge };
          assert.equal((await call('POST', '/auth/totp', { json })).status, 401);
        }
        assert.equal(await isLive(call, own), true);
        for (const token of [bob.access, bob.refresh]) assert.equal(await isActive(call, app, token), true);
      }
      assert.ok(tokenOf(await renew(there, app, bob.refresh)));
    });
  }

  test('a change that is refused ends nothing', async () => {
    await using town = await twoNodes(on);
    const app = await addOAuthApp(town);
    const person = await town.addPerson('ada');
    const phone = await town.addApp(person);
    const ada = { ...person, app: phone };
    const held = await elsewhere(town, app, ada);
    const [here, there] = town.nodes;
    const by = { bearer: ada.token };
    const weak = { type: 'password', secret: 'password1', currentPassword: ada.password };
    assert.equal((await here('POST', '/users/me/secrets', { ...by, json: weak })).status, 400);
    await here('PUT', '/mfa/sms/request', { ...by, json: { phone_number: '+12133734253' } });
    assert.equal((await here('PUT', '/mfa/sms/verify', { ...by, json: { mfa_code: '1' } })).status, 400);
    town.clock.tick(15 * minute + 1);
    assert.equal((await here('DELETE', '/mfa', by)).status, 401);
    for (const token of [held.browser, held.access, ada.token]) assert.equal(await isLive(there, token), true);
    assert.ok(tokenOf(await renew(there, app, held.refresh)));
  });
});
