/**
 * A challenge token opens no route but the one that answers it, wherever it stands in the request. The answers to it as
 * a bearer token, and to sessions without fresh proof, are in every-caller-at-every-route.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { knownOf } from '../http/catalogue.ts';
import { ada, firstFactor, goodRequests, send, type Good } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { basic, member, startServer, type Call, type Person } from '../../kit/server.ts';
import type { Rows } from '../../kit/rows.ts';

/** What may not change: everything but the log and the counts of failures. */
function guarded({ attempts: _log, throttles: _counts, ...rows }: Rows) {
  return rows;
}

/** Every place in which a credential can stand. */
const places: Readonly<Record<string, (token: string, person: Person) => Call & { query?: string }>> = {
  Bearer: (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
  Token: (token) => ({ headers: { Authorization: `Token ${token}` } }),
  JWT: (token) => ({ headers: { Authorization: `jwt ${token}` } }),
  'X-Auth-Token': (token) => ({ headers: { 'X-Auth-Token': token } }),
  'the name of Basic': (token) => ({ headers: { Authorization: basic(token, '') } }),
  'the secret of Basic': (token, { name }) => ({ headers: { Authorization: basic(name, token) } }),
  'the secret of Basic, by id': (token, { uid }) => ({ headers: { Authorization: basic(uid, token) } }),
  'a cookie': (token) => ({ headers: { Cookie: `token=${token}; session=${token}; jwt_token=${token}` } }),
  'the query': (token) => ({
    query: `jwt_token=${token}&access_token=${token}&token=${token}&challenge_token=${token}`,
  }),
};

/** Where a challenge token is what is asked for, and routes that tell everybody the same. */
const isElsewhere = ({ does }: Good) => does === 'answers a challenge' || does === 'tells';

onEachDatabase('a half login is no login', (on) => {
  for (const [place, shown] of Object.entries(places)) {
    test(`a challenge token in ${place} opens no route`, async () => {
      await using server = await startServer({ on });
      const cast = await ada(server);
      const challenge = await server.challenge(cast.person);
      const before = guarded(await server.rows());
      for (const good of goodRequests(server.countersign.routes, cast)) {
        const call = shown(challenge, cast.person);
        const answer = await send(server, good, call);
        if (isElsewhere(good)) continue;
        const { firstInBody, refusal = 401 } = knownOf(good.route);
        const refusals = firstInBody ? [refusal] : [401, 403];
        assert.ok(refusals.includes(answer.status), `${answer.asked} ${answer.status} ${answer.text}`);
        if (!firstInBody) continue;
        const asPassword = await send(server, good, { ...call, ...firstFactor(good, cast.person.name, challenge) });
        assert.equal(asPassword.status, refusal, asPassword.text);
        server.clock.tick(minute / 30);
      }
      assert.deepEqual(guarded(await server.rows()), before);
      // And it is still good for what it is good for.
      server.clock.tick(minute);
      const json = { token: server.code(cast.app), challenge_token: challenge };
      assert.equal((await server.call('POST', '/auth/totp', { json })).status, 200);
    });
  }

  test('a challenge token answers its challenge from the query or the body, and from nowhere else', async () => {
    await using server = await startServer({ on });
    const cast = await ada(server);
    const challenge = await server.challenge(cast.person);
    const json = { token: server.code(cast.app) };
    for (const [place, shown] of Object.entries(places)) {
      if (place === 'the query') continue;
      assert.equal(
        (await server.call('POST', '/auth/totp', { json, ...shown(challenge, cast.person) })).status,
        400,
        place,
      );
    }
    assert.equal((await server.call('POST', `/auth/totp?jwt_token=${challenge}`, { json })).status, 200);
  });

  test('what tells everybody the same tells a challenge token nothing more', async () => {
    await using server = await startServer({ on });
    const cast = await ada(server);
    const challenge = await server.challenge(cast.person);
    const telling = goodRequests(server.countersign.routes, cast).filter(
      ({ does, path }) => does === 'tells' && path !== '/metrics',
    );
    for (const good of telling) {
      assert.equal((await send(server, good, { bearer: challenge })).text, (await send(server, good)).text, good.name);
    }
  });

  test('an access token answers no challenge', async () => {
    await using server = await startServer({ on });
    const { person, app } = await ada(server);
    for (const [query, more] of [
      [`?jwt_token=${person.token.slice(0, 256)}`, {}],
      ['', { challenge_token: person.token.slice(-43) }],
    ] as const) {
      const answer = await server.call('POST', `/auth/totp${query}`, { json: { token: server.code(app), ...more } });
      assert.equal(member(answer, 'code'), 'invalid_challenge');
    }
    const whole = { token: server.code(app), challenge_token: person.token };
    assert.equal((await server.call('POST', '/auth/totp', { json: whole })).status, 400);
  });

  test('registering with a name that has MFA opens nothing either', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const { person } = await ada(server);
    const json = { name: person.name, password: person.password };
    assert.equal((await server.call('POST', '/users', { json })).status, 409);
  });
});
