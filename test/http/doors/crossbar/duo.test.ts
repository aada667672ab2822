/** Contract section 4: Duo as the second factor of `user_auth`, by both of its protocols. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { minute, second } from '../../../../src/base/clock.ts';
import { approve } from '../../../factors/duo-help.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { bodyOf, dataOf, door } from './door.ts';
import { duoHouse, ownKey, type DuoHouse, type Protocol, type Tenant } from './duo-house.ts';

const protocols = ['Web SDK', 'Universal Prompt'] as const;

/** What a person brings back who was asked this and said yes. */
async function yes({ duo }: DuoHouse, asked: Record<string, string>): Promise<unknown> {
  const { duo_auth_url: url, duo_sig_request: request } = asked;
  return url === undefined ? approve(request) : duo.visit(url);
}

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
    assert.equal((await house.newest())['message'], 'the user has nothing that this could be');
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
    await using house = await duoHouse('Web SDK', { on });
    const app = await house.server.addApp(house.acme);
    house.server.clock.tick(minute);
    await house.asked();
    for (const multi_factor_response of [app.codes[0], house.server.code(app)]) {
      assert.equal((await house.logIn({ multi_factor_response })).status, 401);
      assert.equal((await house.newest())['message'], 'the challenge is unknown, used or over');
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

async function tenantBelow({ server, acme }: DuoHouse): Promise<Tenant> {
  const id = String(dataOf(await door(server)(201, 'PUT', `accounts/${acme.id}`, { name: 'east' }))['id']);
  const [username, password] = ['boss of east', 'the secret of east'];
  const made = await door(server)(201, 'PUT', `accounts/${id}/users`, { username, password, roles: ['admin'] });
  return { id, username, password, uid: String(dataOf(made)['id']), token: '' };
}

describe('a reply that was tampered with lets nobody in, and the attempt says why', () => {
  type Trick = (house: DuoHouse, asked: Record<string, string>) => Promise<unknown>;
  const part = (at: 0 | 1, change: (text: string) => string): Trick => {
    return async (house, asked) => {
      const parts = String(await yes(house, asked)).split(':');
      return parts.map((text, index) => (index === at ? change(text) : text)).join(':');
    };
  };
  /** What the person signed by Duo would bring, had Duo been told something else. */
  const signed =
    (change: (fields: string[]) => string[]): Trick =>
    async (_house, { duo_sig_request: request }) =>
      approve(request, change);
  const at = (index: number, value: string) => (fields: string[]) => fields.with(index, value);
  const wrong = (detail: string) => `the response is wrong (${detail})`;
  const unknown = 'the challenge is unknown, used or over';

  const tricks: Record<Protocol, Record<string, readonly [Trick, string]>> = {
    'Web SDK': {
      'a request sent back as it came': [
        async (_house, asked) => asked['duo_sig_request'],
        wrong('is not signed by Duo and us'),
      ],
      'the APP part in the place of the AUTH part': [
        async (_house, { duo_sig_request: request = '' }) => [request.split(':')[1], request.split(':')[1]].join(':'),
        wrong('is not signed by Duo and us'),
      ],
      'the parts the other way round': [
        async (house, asked) =>
          String(await yes(house, asked))
            .split(':')
            .toReversed()
            .join(':'),
        unknown,
      ],
      'a prefix of another part': [
        part(0, (text) => text.replace('AUTH', 'ENROLL')),
        wrong('is not signed by Duo and us'),
      ],
      'a signature that is cut': [part(0, (text) => text.slice(0, -1)), wrong('is not signed by Duo and us')],
      'a signature by another key': [
        part(0, (text) => text.replace(/[0-9a-f]{40}$/, '0'.repeat(40))),
        wrong('is not signed by Duo and us'),
      ],
      'another user': [signed(at(0, 'boss of west')), wrong('is about another user')],
      'another integration': [signed(at(1, 'DIYYYYYYYYYYYYYYYYYY')), wrong('is for another integration')],
      'an expiry that is over': [signed(at(2, '1')), wrong('has expired')],
      'an extra field': [signed((fields) => [...fields, 'more']), wrong('is not signed by Duo and us')],
      'a third part': [async (house, asked) => `${String(await yes(house, asked))}:APP||`, unknown],
      'an APP part that we never signed': [part(1, (text) => text.replace('APP', 'APP ')), unknown],
      'nothing but a separator': [async () => ':', unknown],
      'a code': [async () => '123456', unknown],
      'the reply of the other protocol': [async () => ({ state: 's'.repeat(36), duo_code: 'd'.repeat(36) }), unknown],
    },
    'Universal Prompt': {
      'another state': [
        async (house, asked) => ({ ...((await yes(house, asked)) as object), state: 's'.repeat(36) }),
        unknown,
      ],
      'a code that Duo does not know': [
        async (_house, { state }) => ({ state, duo_code: 'd'.repeat(36) }),
        wrong('Duo does not know the code'),
      ],
      'the code of another question': [
        async (house, asked) => {
          const east = await tenantBelow(house);
          const theirs = (await yes(house, await house.asked(east))) as { duo_code: string };
          return { state: asked['state'], duo_code: theirs.duo_code };
        },
        wrong('answers another question'),
      ],
      'another user': [played({ claims: { preferred_username: 'boss of west' } }), wrong('is about another user')],
      'somebody whom Duo turned away': [
        played({ claims: { auth_result: { result: 'deny' } } }),
        wrong('Duo did not let the user in'),
      ],
      'another nonce': [played({ claims: { nonce: 'n'.repeat(36) } }), wrong('answers another question')],
      'a reply of the other protocol': [async () => 'AUTH||:APP||', unknown],
    },
  };
  const nonsense = 'the multi factor authentication provider answered with something else than it should';
  const forged: Record<string, Parameters<DuoHouse['duo']['play']>[0]> = {
    'an id token by another key': { secret: 'x'.repeat(40) },
    'an id token without a signature': { header: { alg: 'none' } },
    'an id token for another client': { claims: { aud: 'DIYYYYYYYYYYYYYYYYYY' } },
    'an id token of another issuer': { claims: { iss: 'https://api-11111111.duosecurity.com/oauth/v1/token' } },
    'an id token that is over': { claims: { exp: 1 } },
    'an id token for nobody': { claims: { preferred_username: undefined } },
  };

  function played(trick: Parameters<DuoHouse['duo']['play']>[0]): Trick {
    return async (house, asked) => {
      house.duo.play(trick);
      return yes(house, asked);
    };
  }

  for (const protocol of protocols) {
    for (const [what, [trick, said]] of Object.entries(tricks[protocol])) {
      test(`${protocol}: ${what}`, async () => {
        await using house = await duoHouse(protocol);
        await refused(house, await trick(house, await house.asked()), said);
      });
    }
  }

  for (const [what, trick] of Object.entries(forged)) {
    test(`Universal Prompt: ${what}`, async () => {
      await using house = await duoHouse('Universal Prompt');
      await refused(house, await played(trick)(house, await house.asked()), `${nonsense} (the id token is not right)`);
    });
  }

  /** Nobody gets in, the client learns nothing of why, and the administrator does. */
  async function refused(house: DuoHouse, multi_factor_response: unknown, said: string, who?: Tenant): Promise<void> {
    const before = (await house.server.rows())['sessions'];
    const answer = await house.logIn({ multi_factor_response }, who);
    assert.deepEqual(
      [answer.status, dataOf(answer)['message']],
      [401, 'The second factor was not validated.'],
      answer.text,
    );
    assert.ok(!answer.text.includes('auth_token":"ey'));
    assert.deepEqual((await house.server.rows())['sessions'], before);
    if (!who) assert.equal((await house.newest())['message'], said);
  }

  for (const protocol of protocols) {
    test(`${protocol}: the same reply twice, and at another challenge`, async () => {
      await using house = await duoHouse(protocol);
      const reply = await yes(house, await house.asked());
      assert.equal((await house.logIn({ multi_factor_response: reply })).status, 201);
      await refused(house, reply, unknown);
      // In the same second the Web SDK's APP part is the same: only that the reply was used tells them apart.
      await house.asked();
      await refused(house, reply, protocol === 'Web SDK' ? 'the response was used already' : unknown);
      house.server.clock.tick(second);
      await house.asked();
      await refused(house, reply, unknown);
    });

    test(`${protocol}: an answer to an older question`, async () => {
      await using house = await duoHouse(protocol);
      const older = await house.asked();
      house.server.clock.tick(second);
      const newer = await house.asked();
      await refused(house, await yes(house, older), unknown);
      assert.equal((await house.logIn({ multi_factor_response: await yes(house, newer) })).status, 201);
    });

    test(`${protocol}: an answer to a question at another door`, async () => {
      await using house = await duoHouse(protocol);
      const { username, password, id } = house.acme;
      const json = { username, password, account: id };
      const asked = (await house.server.call('POST', '/mfa/authtoken/login', { json })).json;
      const { mfa_settings } = asked as { mfa_settings: Record<string, string> };
      await refused(house, await yes(house, mfa_settings), unknown);
    });

    test(`${protocol}: an answer to somebody else's question`, async () => {
      await using house = await duoHouse(protocol);
      const east = await tenantBelow(house);
      const asked = await house.asked();
      await house.asked(east);
      await refused(house, await yes(house, asked), unknown, east);
      assert.equal((await house.logIn({ multi_factor_response: await yes(house, asked) })).status, 201);
    });

    test(`${protocol}: a password that was changed since`, async () => {
      await using house = await duoHouse(protocol);
      const reply = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/users/${house.acme.uid}`;
      await door(house.server)(200, 'PATCH', path, { password: house.acme.password });
      await refused(house, reply, unknown);
    });

    test(`${protocol}: an answer that comes too late`, async () => {
      await using house = await duoHouse(protocol);
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      await door(house.server)(200, 'PATCH', path, { settings: { app_expire: 60 } });
      const reply = await yes(house, await house.asked());
      house.server.clock.tick(minute - 1);
      const inTime = await yes(house, await house.asked());
      house.server.clock.tick(minute);
      await refused(house, inTime, unknown);
      await refused(house, reply, unknown);
    });

    test(`${protocol}: keys that were changed since`, async () => {
      await using house = await duoHouse(protocol);
      const reply = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      await door(house.server)(200, 'PATCH', path, { settings: { secret_key: 'n'.repeat(40) } });
      const said =
        protocol === 'Web SDK'
          ? wrong('is not signed by Duo and us')
          : 'the multi factor authentication provider refused what it was asked (status 400, invalid_client)';
      await refused(house, reply, said);
    });

    test(`${protocol}: the other protocol since`, async () => {
      await using house = await duoHouse(protocol);
      const reply = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      const application_secret_key = protocol === 'Web SDK' ? null : ownKey;
      await door(house.server)(200, 'PATCH', path, { settings: { application_secret_key } });
      await refused(house, reply, wrong('was asked in another way'));
    });
  }

  test('five wrong ones are followed by a wait, in which the right one is refused too', async () => {
    await using house = await duoHouse('Universal Prompt');
    const asked = await house.asked();
    for (let time = 0; time < 5; time += 1)
      await refused(house, { state: asked['state'], duo_code: `${time}` }, wrong('Duo does not know the code'));
    const multi_factor_response = await yes(house, asked);
    const answer = await house.logIn({ multi_factor_response });
    assert.deepEqual([answer.status, answer.headers.get('Retry-After')], [429, '30']);
    house.server.clock.tick(30 * second);
    assert.equal((await house.logIn({ multi_factor_response })).status, 201);
  });
});
