/** Whatever is wrong with Duo, or with what an account says of it, one factor is not enough: the server fails closed. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { createExchange } from '../../../../src/base/exchange.ts';
import { httpTroubles } from '../../../../kit/stand-ins/stand-in.ts';
import type { Endpoint } from '../../../../kit/stand-ins/duo.ts';
import type { Answer } from '../../../../kit/server.ts';
import { dataOf, door, tenant } from './door.ts';
import { duoFixture, providerAt, type DuoFixture, type Wishes } from './duo-fixture.ts';

/** Waiting for their end would be waiting for the deadline. */
const endless = new Set(['says nothing', 'stops in the middle', 'talks slowly']);

/** Plays a trouble while something is done, with a short patience where only that ends it. */
async function during(
  { server, duo }: DuoFixture,
  endpoint: Endpoint,
  [what, trick]: readonly [string, Trick],
  act: () => Promise<void>,
): Promise<void> {
  const way = server.countersign.context;
  const { exchange } = way;
  if (endless.has(what)) Object.assign(way, { exchange: createExchange({ deadline: 300, ca: duo.ca }) });
  duo.play({ answers: { [endpoint]: trick } });
  await act();
  duo.play({});
  Object.assign(way, { exchange });
}

type Trick = (response: ServerResponse) => void;

const broken: Trick = (response) => response.writeHead(503).end();

const sentence = {
  missing: 'no multi factor authentication provider is configured',
  disabled: 'the multi factor authentication provider is disabled',
  misconfigured: 'the settings of the multi factor authentication provider are invalid',
  unavailable: 'the multi factor authentication provider is unavailable',
  nonsense: 'the multi factor authentication provider sent an invalid answer',
  refused: 'the multi factor authentication provider refused the request',
};

/** No token, no session, the same answer for every reason, and the administrator reads which it was. */
async function assertClosed(fixture: DuoFixture, answer: Answer, said: string): Promise<void> {
  assert.equal(answer.status, 401, answer.text);
  assert.doesNotMatch(answer.text, /"auth_token":"ey/);
  assert.ok(!answer.text.includes(fixture.duo.host));
  assert.equal(String((await fixture.newest())['message']).replace(/ \(.*\)$/, ''), said);
  const sessions = (await fixture.server.rows())['sessions'] ?? [];
  assert.ok(!sessions.some((row) => row.includes('duo')));
}

const path = ({ acme, provider }: DuoFixture) => `accounts/${acme.id}/multi_factor/${provider}`;
const patch = (fixture: DuoFixture, change: object) => door(fixture.server)(200, 'PATCH', path(fixture), change);

describe('Duo can not be asked', () => {
  const elsewhere: Trick = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
  const json =
    (status: number, body: unknown): Trick =>
    (response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const troubles: Record<string, readonly [Trick, string]> = {
    ...Object.fromEntries(Object.entries(httpTroubles).map(([what, trick]) => [what, [trick, sentence.unavailable]])),
    'says that it is well without a word of it': [json(200, {}), sentence.nonsense],
    'says something else': [json(200, 'OK'), sentence.nonsense],
    'does not know us': [json(400, { stat: 'FAIL', message: 'invalid_client' }), sentence.refused],
    'sends us elsewhere': [elsewhere, sentence.nonsense],
  };
  for (const [what, [trick, said]] of Object.entries(troubles)) {
    test(`because it ${what}: nobody gets in, and a second later as before`, async () => {
      await using fixture = await duoFixture('Universal Prompt');
      await during(fixture, 'health_check', [what, trick], async () =>
        assertClosed(fixture, await fixture.logIn(), said),
      );
      assert.ok((await fixture.asked())['duo_auth_url']);
    });

    test(`when the code is to be traded, because it ${what}: nobody gets in, and that is no failure of the user`, async () => {
      await using fixture = await duoFixture('Universal Prompt');
      const asked = await fixture.asked();
      const multi_factor_response = await fixture.duo.visit(asked['duo_auth_url'] ?? '');
      await during(fixture, 'token', [what, trick], async () =>
        assertClosed(fixture, await fixture.logIn({ multi_factor_response }), said),
      );
      const { context } = fixture.server.countersign;
      const counted = await context.store.db.selectFrom('throttles').selectAll().where('kind', '=', 'duo').execute();
      assert.deepEqual(
        counted.map(({ failures }) => failures),
        [0],
      );
      assert.equal((await fixture.logIn({ multi_factor_response })).status, 201);
    });
  }

  test('because nothing listens there', async () => {
    await using fixture = await duoFixture('Universal Prompt');
    await fixture.duo[Symbol.asyncDispose]();
    await assertClosed(fixture, await fixture.logIn(), sentence.unavailable);
  });

  test('because somebody else answers in its name', async () => {
    await using fixture = await duoFixture('Universal Prompt', { ca: 'not the authority' });
    await assertClosed(fixture, await fixture.logIn(), sentence.unavailable);
  });
});

describe('the provider that is required', () => {
  for (const protocol of ['Web SDK', 'Universal Prompt'] as const) {
    test(`${protocol}: was disabled, before it was asked or after`, async () => {
      await using fixture = await duoFixture(protocol);
      const asked = await fixture.asked();
      await patch(fixture, { enabled: false });
      await assertClosed(fixture, await fixture.logIn(), sentence.disabled);
      const multi_factor_response = { state: asked['state'] ?? '', duo_code: 'd' };
      await assertClosed(fixture, await fixture.logIn({ multi_factor_response }), sentence.disabled);
    });

    test(`${protocol}: is not there any more`, async () => {
      await using fixture = await duoFixture(protocol);
      const { store } = fixture.server.countersign.context;
      // The server itself refuses to delete what is referred to; somebody at the database may.
      await door(fixture.server)(409, 'DELETE', path(fixture));
      await store.db.deleteFrom('providers').where('id', '=', fixture.provider).execute();
      await assertClosed(fixture, await fixture.logIn(), sentence.missing);
    });

    test(`${protocol}: was patched with null, which is refused and changes nothing`, async () => {
      await using fixture = await duoFixture(protocol);
      for (const settings of [null, { secret_key: null }, { integration_key: null }, { api_hostname: null }])
        await door(fixture.server)(400, 'PATCH', path(fixture), { settings });
      await door(fixture.server)(400, 'PATCH', path(fixture), { enabled: null });
      assert.ok(await fixture.asked());
    });

    test(`${protocol}: is half configured, which nobody can write here`, async () => {
      await using fixture = await duoFixture(protocol);
      const { store } = fixture.server.countersign.context;
      const { duo, acme } = fixture;
      const { settings, ...whole } = providerAt(duo, protocol);
      const half = { ...settings, secret_key: undefined };
      await door(fixture.server)(400, 'PUT', `accounts/${acme.id}/multi_factor`, { ...whole, settings: half });
      const place = `providers.settings.${fixture.provider}.${acme.id}.duo`;
      const sealed = store.safe.seal(place, JSON.stringify(half));
      await store.db.updateTable('providers').set({ settings: sealed }).where('id', '=', fixture.provider).execute();
      await assertClosed(fixture, await fixture.logIn(), sentence.misconfigured);
    });

    test(`${protocol}: is at a host that the operator does not allow any more`, async () => {
      await using fixture = await duoFixture(protocol);
      const { context } = fixture.server.countersign;
      Object.assign(context.settings, { allowedHosts: [] });
      await assertClosed(fixture, await fixture.logIn(), sentence.misconfigured);
      assert.equal(fixture.duo.seen.length, 0);
    });

    test(`${protocol}: is a stranger's, which nobody can name`, async () => {
      await using fixture = await duoFixture(protocol);
      const west = await tenant(fixture.server, 'root', 'west');
      const made = await door(fixture.server)(
        201,
        'PUT',
        `accounts/${west.id}/multi_factor`,
        providerAt(fixture.duo, protocol),
      );
      const multi_factor = { enabled: true, configuration_id: dataOf(made)['id'], account_id: west.id };
      const said = { auth_modules: { user_auth: { multi_factor } } };
      await door(fixture.server)(400, 'POST', `accounts/${fixture.acme.id}/security`, said);
    });
  }

  test('has settings that can not be opened: that is a fault, and nobody gets in', async () => {
    await using fixture = await duoFixture('Web SDK');
    const { store } = fixture.server.countersign.context;
    await store.db
      .updateTable('providers')
      .set({ settings: 'not sealed' })
      .where('id', '=', fixture.provider)
      .execute();
    const { username, password, id } = fixture.acme;
    const json = { data: { username, password, account_id: id } };
    const answer = await fixture.server.call('PUT', '/v2/user_auth', { json, breaks: true });
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /"auth_token":"ey/);
  });
});

describe('where the account goes on without Duo when it is out of order', () => {
  test('a login goes on without it, and the log says so', async () => {
    await using fixture = await duoFixture('Universal Prompt', { allow: true });
    fixture.duo.play({ answers: { health_check: broken } });
    assert.equal((await fixture.logIn()).status, 201);
    const { message, debug_type } = await fixture.newest();
    assert.deepEqual([debug_type, message], ['failed', `${sentence.unavailable} (status 503)`]);
  });

  test('a login of a user who has a second factor asks for that', async () => {
    const before: Wishes['before'] = async (server, acme) => {
      await server.addApp(acme);
    };
    await using fixture = await duoFixture('Universal Prompt', { allow: true, before });
    fixture.duo.play({ answers: { health_check: broken } });
    const request = dataOf(await fixture.logIn())['multi_factor_request'] as { provider_name: string };
    assert.equal(request.provider_name, 'totp');
  });

  test('who was asked already does not get in without an answer', async () => {
    await using fixture = await duoFixture('Universal Prompt', { allow: true });
    const asked = await fixture.asked();
    const multi_factor_response = await fixture.duo.visit(asked['duo_auth_url'] ?? '');
    fixture.duo.play({ answers: { token: broken } });
    await assertClosed(fixture, await fixture.logIn({ multi_factor_response }), sentence.unavailable);
  });

  test('a name that Duo can not take is no reason', async () => {
    await using fixture = await duoFixture('Web SDK', { allow: true });
    const named = { username: 'a|b', password: 'the secret of a|b' };
    await door(fixture.server)(201, 'PUT', `accounts/${fixture.acme.id}/users`, named);
    const answer = await fixture.logIn({}, { ...fixture.acme, ...named });
    const said = 'the user name is not suitable for the multi factor authentication provider';
    await assertClosed(fixture, answer, said);
  });
});
