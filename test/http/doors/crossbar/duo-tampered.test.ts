/** A reply of Duo that was changed, forged, used or meant for another question lets nobody in (contract section 4). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { approve } from '../../../factors/duo-help.ts';
import { dataOf, door } from './door.ts';
import {
  duoFixture,
  ownKey,
  type DuoFixture,
  type Protocol,
  type Tenant,
  protocols,
  tenantBelow,
  yes,
} from './duo-fixture.ts';

describe('a reply that was tampered with lets nobody in, and the attempt says why', () => {
  type Trick = (fixture: DuoFixture, asked: Record<string, string>) => Promise<unknown>;
  const part = (at: 0 | 1, change: (text: string) => string): Trick => {
    return async (fixture, asked) => {
      const parts = String(await yes(fixture, asked)).split(':');
      return parts.map((text, index) => (index === at ? change(text) : text)).join(':');
    };
  };
  /** What the person signed by Duo would bring, had Duo been told something else. */
  const signed =
    (change: (fields: string[]) => string[]): Trick =>
    async (_fixture, { duo_sig_request: request }) =>
      approve(request, change);
  const at = (index: number, value: string) => (fields: string[]) => fields.with(index, value);
  const wrong = (detail: string) => `the response is wrong (${detail})`;
  const unknown = 'the challenge is unknown, used or expired';

  const tricks: Record<Protocol, Record<string, readonly [Trick, string]>> = {
    'Web SDK': {
      'a request sent back as it came': [
        async (_fixture, asked) => asked['duo_sig_request'],
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'the APP part in the place of the AUTH part': [
        async (_fixture, { duo_sig_request: request = '' }) => [request.split(':')[1], request.split(':')[1]].join(':'),
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'the parts the other way round': [
        async (fixture, asked) =>
          String(await yes(fixture, asked))
            .split(':')
            .toReversed()
            .join(':'),
        unknown,
      ],
      'a prefix of another part': [
        part(0, (text) => text.replace('AUTH', 'ENROLL')),
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'a signature that is cut': [
        part(0, (text) => text.slice(0, -1)),
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'a signature by another key': [
        part(0, (text) => text.replace(/[0-9a-f]{40}$/, '0'.repeat(40))),
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'another user': [signed(at(0, 'boss of west')), wrong('is about another user')],
      'another integration': [signed(at(1, 'DIYYYYYYYYYYYYYYYYYY')), wrong('is for another integration')],
      'an expiry that is over': [signed(at(2, '1')), wrong('has expired')],
      'an extra field': [
        signed((fields) => [...fields, 'more']),
        wrong('does not have the signatures of Duo and Countersign'),
      ],
      'a third part': [async (fixture, asked) => `${String(await yes(fixture, asked))}:APP||`, unknown],
      'an APP part that we never signed': [part(1, (text) => text.replace('APP', 'APP ')), unknown],
      'nothing but a separator': [async () => ':', unknown],
      'a code': [async () => '123456', unknown],
      'the reply of the other protocol': [async () => ({ state: 's'.repeat(36), duo_code: 'd'.repeat(36) }), unknown],
    },
    'Universal Prompt': {
      'another state': [
        async (fixture, asked) => ({ ...((await yes(fixture, asked)) as object), state: 's'.repeat(36) }),
        unknown,
      ],
      'a code that Duo does not know': [
        async (_fixture, { state }) => ({ state, duo_code: 'd'.repeat(36) }),
        wrong('Duo does not know the code'),
      ],
      'the code of another question': [
        async (fixture, asked) => {
          const east = await tenantBelow(fixture);
          const theirs = (await yes(fixture, await fixture.asked(east))) as { duo_code: string };
          return { state: asked['state'], duo_code: theirs.duo_code };
        },
        wrong('answers another prompt'),
      ],
      'another user': [played({ claims: { preferred_username: 'boss of west' } }), wrong('is about another user')],
      'somebody whom Duo turned away': [
        played({ claims: { auth_result: { result: 'deny' } } }),
        wrong('Duo denied the login'),
      ],
      'another nonce': [played({ claims: { nonce: 'n'.repeat(36) } }), wrong('answers another prompt')],
      'a reply of the other protocol': [async () => 'AUTH||:APP||', unknown],
    },
  };
  const nonsense = 'the multi factor authentication provider sent an invalid answer';
  const forged: Record<string, Parameters<DuoFixture['duo']['play']>[0]> = {
    'an id token by another key': { secret: 'x'.repeat(40) },
    'an id token without a signature': { header: { alg: 'none' } },
    'an id token for another client': { claims: { aud: 'DIYYYYYYYYYYYYYYYYYY' } },
    'an id token of another issuer': { claims: { iss: 'https://api-11111111.duosecurity.com/oauth/v1/token' } },
    'an id token that is over': { claims: { exp: 1 } },
    'an id token for nobody': { claims: { preferred_username: undefined } },
  };

  function played(trick: Parameters<DuoFixture['duo']['play']>[0]): Trick {
    return async (fixture, asked) => {
      fixture.duo.play(trick);
      return yes(fixture, asked);
    };
  }

  for (const protocol of protocols) {
    for (const [what, [trick, said]] of Object.entries(tricks[protocol])) {
      test(`${protocol}: ${what}`, async () => {
        await using fixture = await duoFixture(protocol);
        await refused(fixture, await trick(fixture, await fixture.asked()), said);
      });
    }
  }

  for (const [what, trick] of Object.entries(forged)) {
    test(`Universal Prompt: ${what}`, async () => {
      await using fixture = await duoFixture('Universal Prompt');
      await refused(
        fixture,
        await played(trick)(fixture, await fixture.asked()),
        `${nonsense} (the id token is invalid)`,
      );
    });
  }

  /** Nobody gets in, the client learns nothing of why, and the administrator does. */
  async function refused(
    fixture: DuoFixture,
    multi_factor_response: unknown,
    said: string,
    who?: Tenant,
  ): Promise<void> {
    const before = (await fixture.server.rows())['sessions'];
    const answer = await fixture.logIn({ multi_factor_response }, who);
    assert.deepEqual(
      [answer.status, dataOf(answer)['message']],
      [401, 'The second factor was not validated.'],
      answer.text,
    );
    assert.ok(!answer.text.includes('auth_token":"ey'));
    assert.deepEqual((await fixture.server.rows())['sessions'], before);
    if (!who) assert.equal((await fixture.newest())['message'], said);
  }

  for (const protocol of protocols) {
    test(`${protocol}: the same reply twice, and at another challenge`, async () => {
      await using fixture = await duoFixture(protocol);
      const response = await yes(fixture, await fixture.asked());
      assert.equal((await fixture.logIn({ multi_factor_response: response })).status, 201);
      await refused(fixture, response, unknown);
      // In the same second the Web SDK's APP part is the same: only that the reply was used tells them apart.
      await fixture.asked();
      await refused(fixture, response, protocol === 'Web SDK' ? 'the response was already used' : unknown);
      fixture.server.clock.tick(second);
      await fixture.asked();
      await refused(fixture, response, unknown);
    });

    test(`${protocol}: an answer to an older question`, async () => {
      await using fixture = await duoFixture(protocol);
      const older = await fixture.asked();
      fixture.server.clock.tick(second);
      const newer = await fixture.asked();
      await refused(fixture, await yes(fixture, older), unknown);
      assert.equal((await fixture.logIn({ multi_factor_response: await yes(fixture, newer) })).status, 201);
    });

    test(`${protocol}: an answer to a question at another door`, async () => {
      await using fixture = await duoFixture(protocol);
      const { username, password, id } = fixture.acme;
      const json = { username, password, account: id };
      const asked = (await fixture.server.call('POST', '/mfa/authtoken/login', { json })).json;
      const { mfa_settings } = asked as { mfa_settings: Record<string, string> };
      await refused(fixture, await yes(fixture, mfa_settings), unknown);
    });

    test(`${protocol}: an answer to somebody else's question`, async () => {
      await using fixture = await duoFixture(protocol);
      const east = await tenantBelow(fixture);
      const asked = await fixture.asked();
      await fixture.asked(east);
      await refused(fixture, await yes(fixture, asked), unknown, east);
      assert.equal((await fixture.logIn({ multi_factor_response: await yes(fixture, asked) })).status, 201);
    });

    test(`${protocol}: a password that was changed since`, async () => {
      await using fixture = await duoFixture(protocol);
      const response = await yes(fixture, await fixture.asked());
      const path = `accounts/${fixture.acme.id}/users/${fixture.acme.uid}`;
      await door(fixture.server)(200, 'PATCH', path, { password: fixture.acme.password });
      await refused(fixture, response, unknown);
    });

    test(`${protocol}: an answer that comes too late`, async () => {
      await using fixture = await duoFixture(protocol);
      const path = `accounts/${fixture.acme.id}/multi_factor/${fixture.provider}`;
      await door(fixture.server)(200, 'PATCH', path, { settings: { app_expire: 60 } });
      const response = await yes(fixture, await fixture.asked());
      fixture.server.clock.tick(minute - 1);
      const inTime = await yes(fixture, await fixture.asked());
      fixture.server.clock.tick(minute);
      await refused(fixture, inTime, unknown);
      await refused(fixture, response, unknown);
    });

    test(`${protocol}: keys that were changed since`, async () => {
      await using fixture = await duoFixture(protocol);
      const response = await yes(fixture, await fixture.asked());
      const path = `accounts/${fixture.acme.id}/multi_factor/${fixture.provider}`;
      await door(fixture.server)(200, 'PATCH', path, { settings: { secret_key: 'n'.repeat(40) } });
      const said =
        protocol === 'Web SDK'
          ? wrong('does not have the signatures of Duo and Countersign')
          : 'the multi factor authentication provider refused the request (status 400, invalid_client)';
      await refused(fixture, response, said);
    });

    test(`${protocol}: the other protocol since`, async () => {
      await using fixture = await duoFixture(protocol);
      const response = await yes(fixture, await fixture.asked());
      const path = `accounts/${fixture.acme.id}/multi_factor/${fixture.provider}`;
      const application_secret_key = protocol === 'Web SDK' ? null : ownKey;
      await door(fixture.server)(200, 'PATCH', path, { settings: { application_secret_key } });
      await refused(fixture, response, wrong(`answers a prompt of the ${protocol}`));
    });
  }

  test('five wrong ones are followed by a wait, in which the right one is refused too', async () => {
    await using fixture = await duoFixture('Universal Prompt');
    const asked = await fixture.asked();
    for (let time = 0; time < 5; time += 1)
      await refused(fixture, { state: asked['state'], duo_code: `${time}` }, wrong('Duo does not know the code'));
    const multi_factor_response = await yes(fixture, asked);
    const answer = await fixture.logIn({ multi_factor_response });
    assert.deepEqual([answer.status, answer.headers.get('Retry-After')], [429, '30']);
    fixture.server.clock.tick(30 * second);
    assert.equal((await fixture.logIn({ multi_factor_response })).status, 201);
  });
});
