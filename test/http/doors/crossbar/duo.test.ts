/** Contract section 4: Duo as the second factor of `user_auth`, by both of its protocols. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import type { App } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door } from './door.ts';
import { duoHouse, protocols, tenantBelow, yes, type Wishes } from './duo-house.ts';

const tokenOf = (answer: Parameters<typeof bodyOf>[0]) => String(bodyOf(answer)['auth_token']);

onEachDatabase('Duo', (on) => {
  for (const protocol of protocols) {
    test(`${protocol}: the client is told what to do, and comes back with what Duo says`, async () => {
      await using house = await duoHouse(protocol, { on });
      const answer = await house.logIn();
      const { message, multi_factor_request } = dataOf(answer);
      assert.deepEqual([answer.status, message], [401, 'client needs to perform second-factor authentication']);
      const { provider_name, settings } = multi_factor_request as Record<string, Record<string, string>>;
      const names = {
        'Web SDK': ['duo_sig_request', 'duo_api_hostname'],
        'Universal Prompt': ['duo_auth_url', 'state'],
      };
      assert.deepEqual([provider_name, Object.keys(settings ?? {})], ['duo', names[protocol]]);
      const multi_factor_response = await yes(house, settings ?? {});
      const login = await house.logIn({ multi_factor_response });
      assert.equal(login.status, 201, login.text);
      assert.deepEqual(dataOf(login), { account_id: house.acme.id, owner_id: house.acme.uid, account_name: 'acme' });
      const { amr, acr } = decodeJwt(tokenOf(login));
      assert.deepEqual([amr, acr], [['pwd', 'duo', 'mfa'], 'aal2']);
      const { message: said, auth_config_origin, mfa_config_origin, provider_name: by } = await house.newest();
      assert.deepEqual(
        { said, auth_config_origin, mfa_config_origin, by },
        {
          said: 'the second factor is right',
          auth_config_origin: house.acme.id,
          mfa_config_origin: house.acme.id,
          by: 'duo',
        },
      );
    });

    test(`${protocol}: a sub-account's users are asked by the provider above them`, async () => {
      await using house = await duoHouse(protocol, { on });
      const east = await tenantBelow(house);
      const multi_factor_response = await yes(house, await house.asked(east));
      assert.equal((await house.logIn({ multi_factor_response }, east)).status, 201);
    });

    test(`${protocol}: of sixteen at once with one reply one gets in`, async () => {
      await using house = await duoHouse(protocol, { on });
      const multi_factor_response = await yes(house, await house.asked());
      const logins = await Promise.all(Array.from({ length: 16 }, () => house.logIn({ multi_factor_response })));
      assert.deepEqual(
        Object.entries(Object.groupBy(logins, ({ status }) => status)).map(([status, all = []]) => [
          status,
          all.length,
        ]),
        [
          ['201', 1],
          ['401', 15],
        ],
      );
    });

    test(`${protocol}: what was asked is in the database only sealed`, async () => {
      await using house = await duoHouse(protocol, { on });
      const asked = await house.asked();
      const text = JSON.stringify(await house.server.rows());
      const marks = [asked['state'], asked['duo_sig_request']?.split(':')[1]].filter((mark) => mark !== undefined);
      assert.equal(marks.length, 1);
      for (const mark of marks) assert.ok(!text.includes(mark));
    });
  }

  test('the reply may be given with the name of the provider', async () => {
    await using house = await duoHouse('Web SDK', { on });
    const response = await yes(house, await house.asked());
    const wrong = await house.logIn({ multi_factor_response: { provider_name: 'totp', response } });
    assert.equal(dataOf(wrong)['message'], 'The second factor was not validated.');
    assert.equal((await house.newest())['message'], 'the user has no matching authenticator');
    assert.equal((await house.logIn({ multi_factor_response: { provider_name: 'duo', response } })).status, 201);
  });

  test('the Universal Prompt leads back to the house, or where the provider says', async () => {
    await using house = await duoHouse('Universal Prompt', { on });
    const leads = async () => new URL((await house.asked())['duo_auth_url'] ?? '').searchParams.get('redirect_uri');
    assert.equal(await leads(), 'https://house.example/duo/callback');
    const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
    const redirect_uri = 'https://app.example.com/after-duo';
    await door(house.server)(200, 'PATCH', path, { settings: { redirect_uri } });
    assert.equal(await leads(), redirect_uri);
    const multi_factor_response = await yes(house, await house.asked());
    assert.equal((await house.logIn({ multi_factor_response })).status, 201);
    for (const bad of [
      'http://app.example.com/',
      'app.example.com',
      'https://app.example.com/#a',
      'javascript:alert(1)',
    ])
      await door(house.server)(400, 'PATCH', path, { settings: { redirect_uri: bad } });
  });

  test('no recovery code stands in for it, nor a code of an app', async () => {
    let enrolled: App | undefined;
    const before: Wishes['before'] = async (server, acme) => {
      enrolled = await server.addApp(acme);
    };
    await using house = await duoHouse('Web SDK', { on, before });
    const app = enrolled ?? assert.fail('no app was enrolled');
    house.server.clock.tick(minute);
    await house.asked();
    for (const multi_factor_response of [app.codes[0], house.server.code(app)]) {
      assert.equal((await house.logIn({ multi_factor_response })).status, 401);
      assert.equal((await house.newest())['message'], 'the challenge is unknown, used or expired');
    }
  });

  test('it is explained', async () => {
    await using house = await duoHouse('Web SDK', { on });
    const { id, username } = house.acme;
    const path = `accounts/${id}/security/explain?user=${encodeURI(username)}&auth_module=user_auth`;
    assert.deepEqual(dataOf(await door(house.server)(200, 'GET', path)), {
      asks: 'provider',
      factors: ['duo'],
      required_by: id,
      auth_config_origin: id,
      mfa_config_origin: id,
    });
  });
});
