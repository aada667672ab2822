/**
 * A challenge is judged by the policy of the moment in which it completes, and a session again at each refresh: the login
 * method is open, the factor is one that is required, the account is where it was (contract 1.10).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { addOAuthApp, bodyOf, type OAuthApp } from '../../kit/doors.ts';
import { twoNodes, type TwoNodes } from '../../kit/nodes.ts';
import { member, type App } from '../../kit/server.ts';
import { door } from '../http/doors/crossbar/door.ts';
import { duoFixture, providerAt } from '../http/doors/crossbar/duo-fixture.ts';

const modules = ['authtoken', 'oauth2', 'password', 'user_auth'] as const;
type Module = (typeof modules)[number];

async function administer(town: TwoNodes, method: string, path: string, data: object) {
  // Fresh proof of the administrator, whose own logins stay open.
  const answer = await town.nodes[1](method, `/v2/${path}`, { bearer: town.admin.token, json: { data } });
  assert.ok(answer.status < 300, `${answer.asked} ${answer.text}`);
  return bodyOf(answer)['data'] as { readonly id: string };
}

const configure = (town: TwoNodes, account: string, config: object) =>
  administer(town, 'PATCH', `accounts/${account}/security`, {
    auth_modules: Object.fromEntries(modules.map((name) => [name, config])),
  });

/** A tenant with a user who has an app, and whose account requires the app. */
async function tenantWithApp(town: TwoNodes) {
  const { id: account } = await administer(town, 'PUT', 'accounts/root', { name: 'acme' });
  const password = 'the secret of ada';
  await administer(town, 'PUT', `accounts/${account}/users`, { username: 'ada', password });
  const first = await town.call('GET', `/auth/password?account=${account}`, { basic: ['ada', password] });
  const ada = { name: 'ada', password, uid: '', token: member(first, 'token') };
  const app = await town.addApp(ada);
  return { account, ada, app };
}

type Scene = Awaited<ReturnType<typeof tenantWithApp>>;

/** The changes of an administrator while a login waits for its code. */
const changes: Readonly<Record<string, (town: TwoNodes, scene: Scene) => Promise<unknown>>> = {
  'the login method is closed': (town, { account }) => configure(town, account, { enabled: false }),
  async 'another factor is required'(town, { account }) {
    const provider = { provider_name: 'sms', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id } = await administer(town, 'PUT', `accounts/${account}/multi_factor`, provider);
    return configure(town, account, { multi_factor: { enabled: true, configuration_id: id } });
  },
  async 'a provider is required that is disabled'(town, { account }) {
    const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: false, settings: {} };
    const { id } = await administer(town, 'PUT', `accounts/${account}/multi_factor`, provider);
    return configure(town, account, { multi_factor: { enabled: true, configuration_id: id } });
  },
  async 'the account is moved'(town, { account }) {
    const { id: to } = await administer(town, 'PUT', 'accounts/root', { name: 'branch' });
    return administer(town, 'POST', `accounts/${account}/move`, { to });
  },
};

/** Begins a login of each module, which waits for a code. Returns how it is completed. */
const logins: Readonly<Record<Module, (town: TwoNodes, scene: Scene, client: OAuthApp) => Promise<Complete>>> = {
  async password(town, { ada, account }) {
    const asked = await town.call('GET', `/auth/password?account=${account}`, { basic: [ada.name, ada.password] });
    const challenge_token = member(asked, 'challenge_token');
    return (token) => town.nodes[0]('POST', '/auth/totp', { json: { token, challenge_token } });
  },
  async authtoken(town, { ada, account }) {
    const json = { username: ada.name, password: ada.password, account };
    const bearer = member(await town.call('POST', '/mfa/authtoken/login', { json }), 'mfa_token');
    return (code) => town.nodes[0]('POST', '/challenges/current/verify', { bearer, json: { code } });
  },
  async oauth2(town, { ada, account }, client) {
    const json = { ...client, grant_type: 'password', username: ada.name, password: ada.password, account };
    const bearer = member(await town.call('POST', '/mfa/oauth2/token', { json }), 'mfa_token');
    return (code) => town.nodes[0]('POST', '/challenges/current/verify', { bearer, json: { code } });
  },
  async user_auth(town, { ada, account }) {
    // This door keeps no challenge token: the request with the code begins and completes its challenge at once.
    const data = { username: ada.name, password: ada.password, account_id: account };
    return (code) =>
      town.nodes[0]('PUT', '/v2/user_auth', { json: { data: { ...data, multi_factor_response: code } } });
  },
};

type Complete = (code: string) => ReturnType<TwoNodes['call']>;

const grant = (town: TwoNodes, client: OAuthApp, { ada, account }: Scene, code: string) =>
  town.call('POST', '/mfa/oauth2/token', {
    json: {
      ...client,
      grant_type: 'password',
      username: ada.name,
      password: ada.password,
      account,
      mfa_code: code,
    },
  });

const freshCode = (town: TwoNodes, app: App) => {
  town.clock.tick(minute);
  return town.code(app);
};

onEachDatabase('the policy of the moment', (on) => {
  for (const [what, change] of Object.entries(changes)) {
    test(`${what}: no waiting login completes, at any door`, async () => {
      await using town = await twoNodes(on);
      const client = await addOAuthApp(town);
      const scene = await tenantWithApp(town);
      const waiting: Complete[] = [];
      for (const name of modules) waiting.push(await logins[name](town, scene, client));
      await change(town, scene);
      for (const [at, complete] of waiting.entries()) {
        const name = String(modules[at]);
        // The account may be moved and keep its own policy; then a login from the beginning is right.
        if (what === 'the account is moved' && name === 'user_auth') continue;
        const answer = await complete(freshCode(town, scene.app));
        assert.ok([400, 401, 403].includes(answer.status), `${name} ${answer.status} ${answer.text}`);
        assert.doesNotMatch(answer.text, /"(?:access_)?token"/, name);
      }
    });

    test(`${what}: no session is refreshed`, async () => {
      await using town = await twoNodes(on);
      const client = await addOAuthApp(town);
      const scene = await tenantWithApp(town);
      const granted = await grant(town, client, scene, freshCode(town, scene.app));
      await change(town, scene);
      const json = { ...client, grant_type: 'refresh_token', refresh_token: member(granted, 'refresh_token') };
      const answer = await town.nodes[0]('POST', '/mfa/oauth2/token', { json });
      assert.deepEqual([answer.status, bodyOf(answer)['error']], [400, 'invalid_grant'], answer.text);
    });
  }

  for (const [what, change] of Object.entries({
    'the login method is closed': changes['the login method is closed'],
    'another factor is required': changes['another factor is required'],
  })) {
    test(`${what}: no login completes by the enrollment that it waits for`, async () => {
      await using town = await twoNodes(on);
      const scene = await tenantWithApp(town);
      const { account, ada } = scene;
      const provider = { provider_name: 'email', provider_type: 'multi_factor', enabled: true, settings: {} };
      const { id } = await administer(town, 'PUT', `accounts/${account}/multi_factor`, provider);
      await configure(town, account, { multi_factor: { enabled: true, configuration_id: id } });
      const complete = await logins.password(town, scene, await addOAuthApp(town));
      const bearer = member(await complete(freshCode(town, scene.app)), 'enrollment_token');
      const json = { email: 'ada@example.org' };
      assert.equal((await town.call('PUT', '/mfa/email/request', { bearer, json })).status, 200);
      const code = town.sent.at(-1)?.code;
      await change?.(town, scene);
      const answer = await town.nodes[0]('PUT', '/mfa/email/verify', { bearer, json: { mfa_code: code } });
      assert.ok([400, 401, 403].includes(answer.status), answer.text);
      assert.doesNotMatch(answer.text, /"token"/);
      const basic: [string, string] = [ada.name, ada.password];
      assert.equal(
        (await town.call('GET', `/auth/password?account=${account}`, { basic })).status < 400,
        what !== 'the login method is closed',
      );
    });
  }

  test('another Duo is required: the prompt of the one before completes no login', async () => {
    for (const replaced of [false, true]) {
      await using fixture = await duoFixture('Universal Prompt', { on });
      const { server, duo, acme } = fixture;
      const json = { username: acme.username, password: acme.password, account: acme.id };
      const asked = await server.call('POST', '/mfa/authtoken/login', { json });
      const bearer = member(asked, 'mfa_token');
      const { auth_url } = bodyOf(await server.call('POST', '/challenges/current/send', { bearer, json: {} }));
      const { duo_code } = (await duo.visit(String(auth_url))) as { duo_code: string };
      if (replaced) {
        const ask = door(server);
        const made = await ask(201, 'PUT', `accounts/${acme.id}/multi_factor`, providerAt(duo, 'Universal Prompt'));
        const { id } = bodyOf(made)['data'] as { id: string };
        const auth_modules = { authtoken: { multi_factor: { configuration_id: id } } };
        await ask(200, 'PATCH', `accounts/${acme.id}/security`, { auth_modules });
      }
      const answer = await server.call('POST', '/challenges/current/verify', { bearer, json: { duo_code } });
      assert.equal(answer.status, replaced ? 401 : 200, answer.text);
    }
  });

  test('the login method is closed: no session steps up, with a second factor or the password', async () => {
    await using town = await twoNodes(on);
    const { account, ada, app } = await tenantWithApp(town);
    const bob = { username: 'bob', password: 'the secret of bob' };
    await administer(town, 'PUT', `accounts/${account}/users`, bob);
    const first = await town.call('GET', `/auth/password?account=${account}`, { basic: [bob.username, bob.password] });
    const stepUps = [
      { bearer: ada.token, answer: () => ({ code: freshCode(town, app) }) },
      { bearer: member(first, 'token'), answer: () => ({ password: bob.password }) },
    ];
    for (const { bearer, answer } of stepUps) {
      const asked = await town.call('POST', '/challenges', { bearer, json: {} });
      const path = `/challenges/${member(asked, 'id')}/verify`;
      await configure(town, account, { enabled: false });
      const refused = await town.nodes[0]('POST', path, { bearer, json: answer() });
      assert.deepEqual([refused.status, bodyOf(refused)['code']], [401, 'invalid_challenge'], refused.text);
      await configure(town, account, { enabled: true });
      assert.equal((await town.nodes[0]('POST', path, { bearer, json: answer() })).status, 200);
    }
  });

  for (const enabled of [true, false])
    test(`Duo is required and ${enabled ? 'enabled' : 'disabled'}: a password completes no step-up that asked for it`, async () => {
      await using fixture = await duoFixture('Universal Prompt', { on });
      const { server, acme, provider } = fixture;
      const ask = door(server);
      const path = `accounts/${acme.id}/security`;
      await ask(200, 'DELETE', path);
      const bearer = member(
        await server.call('GET', `/auth/password?account=${acme.id}`, { basic: [acme.username, acme.password] }),
        'token',
      );
      const asked = await server.call('POST', '/challenges', { bearer, json: {} });
      const multi_factor = { enabled: true, configuration_id: provider };
      if (!enabled) await ask(200, 'PATCH', `accounts/${acme.id}/multi_factor/${provider}`, { enabled });
      await ask(200, 'POST', path, { auth_modules: { password: { multi_factor } } });
      const json = { password: acme.password };
      const answer = await server.call('POST', `/challenges/${member(asked, 'id')}/verify`, { bearer, json });
      assert.deepEqual([answer.status, bodyOf(answer)['code']], [401, 'invalid_challenge'], answer.text);
    });

  for (const [what, after] of [
    ['another Duo is required', 'other'],
    ['Duo is required no more', 'none'],
  ] as const)
    test(`${what}: the prompt of the one before completes no step-up`, async () => {
      await using fixture = await duoFixture('Universal Prompt', { on });
      const { server, duo, acme } = fixture;
      const { auth_url: first } = await fixture.asked().then(({ duo_auth_url }) => ({ auth_url: duo_auth_url }));
      const { duo_code: firstCode, state } = (await duo.visit(String(first))) as { duo_code: string; state: string };
      const logged = await fixture.logIn({ multi_factor_response: { state, duo_code: firstCode } });
      const bearer = String(bodyOf(logged)['auth_token']);
      const asked = await server.call('POST', '/challenges', { bearer, json: {} });
      const path = `/challenges/${member(asked, 'id')}`;
      const { auth_url } = bodyOf(await server.call('POST', `${path}/send`, { bearer, json: {} }));
      const { duo_code } = (await duo.visit(String(auth_url))) as { duo_code: string };
      const ask = door(server);
      const security = `accounts/${acme.id}/security`;
      if (after === 'none') await ask(200, 'DELETE', security);
      else {
        const made = await ask(201, 'PUT', `accounts/${acme.id}/multi_factor`, providerAt(duo, 'Universal Prompt'));
        const { id } = bodyOf(made)['data'] as { id: string };
        await ask(200, 'PATCH', security, { auth_modules: { user_auth: { multi_factor: { configuration_id: id } } } });
      }
      const answer = await server.call('POST', `${path}/verify`, { bearer, json: { duo_code } });
      assert.deepEqual([answer.status, bodyOf(answer)['code']], [401, 'invalid_challenge'], answer.text);
    });

  test('a right code that policy alone refuses counts nowhere', async () => {
    await using town = await twoNodes(on);
    const scene = await tenantWithApp(town);
    const waiting: Complete[] = [];
    for (let at = 0; at < 6; at += 1) waiting.push(await logins.password(town, scene, await addOAuthApp(town)));
    await configure(town, scene.account, { enabled: false });
    for (const complete of waiting) assert.equal((await complete(freshCode(town, scene.app))).status, 401);
    await configure(town, scene.account, { enabled: true });
    const complete = await logins.password(town, scene, await addOAuthApp(town));
    assert.equal((await complete(freshCode(town, scene.app))).status, 200);
  });

  test('what does not loosen its own requirement lets a waiting login and a session go on', async () => {
    await using town = await twoNodes(on);
    const client = await addOAuthApp(town);
    const scene = await tenantWithApp(town);
    const granted = await grant(town, client, scene, freshCode(town, scene.app));
    const complete = await logins.password(town, scene, client);
    const { id } = await administer(town, 'PUT', `accounts/${scene.account}/multi_factor`, {
      provider_name: 'totp',
      provider_type: 'multi_factor',
      enabled: true,
      settings: {},
    });
    await configure(town, scene.account, { multi_factor: { enabled: true, configuration_id: id } });
    assert.equal((await complete(freshCode(town, scene.app))).status, 200);
    const json = { ...client, grant_type: 'refresh_token', refresh_token: member(granted, 'refresh_token') };
    assert.equal((await town.nodes[0]('POST', '/mfa/oauth2/token', { json })).status, 200);
  });
});
