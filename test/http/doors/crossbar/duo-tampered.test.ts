/** A reply of Duo that was changed, forged, used or meant for another question lets nobody in (contract section 4). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { approve } from '../../../factors/duo-help.ts';
import { dataOf, door } from './door.ts';
import {
  duoHouse,
  ownKey,
  type DuoHouse,
  type Protocol,
  type Tenant,
  protocols,
  tenantBelow,
  yes,
} from './duo-house.ts';

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
  const unknown = 'the challenge is unknown, used or expired';

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
  const nonsense = 'the multi factor authentication provider sent an invalid answer';
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
      const response = await yes(house, await house.asked());
      assert.equal((await house.logIn({ multi_factor_response: response })).status, 201);
      await refused(house, response, unknown);
      // In the same second the Web SDK's APP part is the same: only that the reply was used tells them apart.
      await house.asked();
      await refused(house, response, protocol === 'Web SDK' ? 'the response was already used' : unknown);
      house.server.clock.tick(second);
      await house.asked();
      await refused(house, response, unknown);
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
      const response = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/users/${house.acme.uid}`;
      await door(house.server)(200, 'PATCH', path, { password: house.acme.password });
      await refused(house, response, unknown);
    });

    test(`${protocol}: an answer that comes too late`, async () => {
      await using house = await duoHouse(protocol);
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      await door(house.server)(200, 'PATCH', path, { settings: { app_expire: 60 } });
      const response = await yes(house, await house.asked());
      house.server.clock.tick(minute - 1);
      const inTime = await yes(house, await house.asked());
      house.server.clock.tick(minute);
      await refused(house, inTime, unknown);
      await refused(house, response, unknown);
    });

    test(`${protocol}: keys that were changed since`, async () => {
      await using house = await duoHouse(protocol);
      const response = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      await door(house.server)(200, 'PATCH', path, { settings: { secret_key: 'n'.repeat(40) } });
      const said =
        protocol === 'Web SDK'
          ? wrong('is not signed by Duo and us')
          : 'the multi factor authentication provider refused the request (status 400, invalid_client)';
      await refused(house, response, said);
    });

    test(`${protocol}: the other protocol since`, async () => {
      await using house = await duoHouse(protocol);
      const response = await yes(house, await house.asked());
      const path = `accounts/${house.acme.id}/multi_factor/${house.provider}`;
      const application_secret_key = protocol === 'Web SDK' ? null : ownKey;
      await door(house.server)(200, 'PATCH', path, { settings: { application_secret_key } });
      await refused(house, response, wrong('was asked in another way'));
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
