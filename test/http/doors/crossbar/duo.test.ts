/** Contract section 4: Duo as the second factor of `user_auth`, by both of its protocols. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import type { App } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door } from './door.ts';
import { duoFixture, protocols, tenantBelow, yes, type Wishes } from './duo-fixture.ts';

const tokenOf = (answer: Parameters<typeof bodyOf>[0]) => String(bodyOf(answer)['auth_token']);

onEachDatabase('Duo', (on) => {
  for (const protocol of protocols) {
    test(`${protocol}: the client is told what to do, and comes back with what Duo says`, async () => {
      await using fixture = await duoFixture(protocol, { on });
      const answer = await fixture.logIn();
      const { message, multi_factor_request } = dataOf(answer);
      assert.deepEqual([answer.status, message], [401, 'client needs to perform second-factor authentication']);
      const { provider_name, settings } = multi_factor_request as Record<string, Record<string, string>>;
      const names = {
        'Web SDK': ['duo_sig_request', 'duo_api_hostname'],
        'Universal Prompt': ['duo_auth_url', 'state'],
      };
      assert.deepEqual([provider_name, Object.keys(settings ?? {})], ['duo', names[protocol]]);
      const multi_factor_response = await yes(fixture, settings ?? {});
      const login = await fixture.logIn({ multi_factor_response });
      assert.equal(login.status, 201, login.text);
      assert.deepEqual(dataOf(login), {
        account_id: fixture.acme.id,
        owner_id: fixture.acme.uid,
        account_name: 'acme',
      });
      const { amr, acr } = decodeJwt(tokenOf(login));
      assert.deepEqual([amr, acr], [['pwd', 'duo', 'mfa'], 'aal2']);
      const { message: said, auth_config_origin, mfa_config_origin, provider_name: by } = await fixture.newest();
      assert.deepEqual(
        { said, auth_config_origin, mfa_config_origin, by },
        {
          said: 'the second factor is right',
          auth_config_origin: fixture.acme.id,
          mfa_config_origin: fixture.acme.id,
          by: 'duo',
        },
      );
    });

    test(`${protocol}: a sub-account's users are asked by the provider above them`, async () => {
      await using fixture = await duoFixture(protocol, { on });
      const east = await tenantBelow(fixture);
      const multi_factor_response = await yes(fixture, await fixture.asked(east));
      assert.equal((await fixture.logIn({ multi_factor_response }, east)).status, 201);
    });

    test(`${protocol}: of sixteen at once with one reply one gets in`, async () => {
      await using fixture = await duoFixture(protocol, { on });
      const multi_factor_response = await yes(fixture, await fixture.asked());
      const logins = await Promise.all(Array.from({ length: 16 }, () => fixture.logIn({ multi_factor_response })));
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
      await using fixture = await duoFixture(protocol, { on });
      const asked = await fixture.asked();
      const text = JSON.stringify(await fixture.server.rows());
      const marks = [asked['state'], asked['duo_sig_request']?.split(':')[1]].filter((mark) => mark !== undefined);
      assert.equal(marks.length, 1);
      for (const mark of marks) assert.ok(!text.includes(mark));
    });
  }

  test('the reply may be given with the name of the provider', async () => {
    await using fixture = await duoFixture('Web SDK', { on });
    const response = await yes(fixture, await fixture.asked());
    const wrong = await fixture.logIn({ multi_factor_response: { provider_name: 'totp', response } });
    assert.equal(dataOf(wrong)['message'], 'The second factor was not validated.');
    assert.equal((await fixture.newest())['message'], 'the user has no matching authenticator');
    assert.equal((await fixture.logIn({ multi_factor_response: { provider_name: 'duo', response } })).status, 201);
  });

  test('the Universal Prompt leads back to the server, or where the provider says', async () => {
    await using fixture = await duoFixture('Universal Prompt', { on });
    const leads = async () => new URL((await fixture.asked())['duo_auth_url'] ?? '').searchParams.get('redirect_uri');
    assert.equal(await leads(), 'https://house.example/duo/callback');
    const path = `accounts/${fixture.acme.id}/multi_factor/${fixture.provider}`;
    const redirect_uri = 'https://app.example.com/after-duo';
    await door(fixture.server)(200, 'PATCH', path, { settings: { redirect_uri } });
    assert.equal(await leads(), redirect_uri);
    const multi_factor_response = await yes(fixture, await fixture.asked());
    assert.equal((await fixture.logIn({ multi_factor_response })).status, 201);
    for (const bad of [
      'http://app.example.com/',
      'app.example.com',
      'https://app.example.com/#a',
      'javascript:alert(1)',
    ])
      await door(fixture.server)(400, 'PATCH', path, { settings: { redirect_uri: bad } });
  });

  test('no recovery code stands in for it, nor a code of an app', async () => {
    let enrolled: App | undefined;
    const before: Wishes['before'] = async (server, acme) => {
      enrolled = await server.addApp(acme);
    };
    await using fixture = await duoFixture('Web SDK', { on, before });
    const app = enrolled ?? assert.fail('no app was enrolled');
    fixture.server.clock.tick(minute);
    await fixture.asked();
    for (const multi_factor_response of [app.codes[0], fixture.server.code(app)]) {
      assert.equal((await fixture.logIn({ multi_factor_response })).status, 401);
      assert.equal((await fixture.newest())['message'], 'the challenge is unknown, used or expired');
    }
  });

  test('it is explained', async () => {
    await using fixture = await duoFixture('Web SDK', { on });
    const { id, username } = fixture.acme;
    const path = `accounts/${id}/security/explain?user=${encodeURI(username)}&auth_module=user_auth`;
    assert.deepEqual(dataOf(await door(fixture.server)(200, 'GET', path)), {
      asks: 'provider',
      factors: ['duo'],
      required_by: id,
      auth_config_origin: id,
      mfa_config_origin: id,
    });
  });
});
