/** A token that is none, or none any more, is refused alike at every route that asks for one, and changes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour } from '../../src/base/clock.ts';
import { badTokens } from '../http/server/bad-tokens.ts';
import { asksForSession } from '../http/catalogue.ts';
import { send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, basic, member, startServer, type Answer, type Server } from '../../kit/server.ts';
import { about, scene, unchanged, type Scene } from './bad-input.ts';

const seen = ({ status, headers, text }: Answer) =>
  JSON.stringify([status, [...headers], text]).replaceAll(headers.get('x-request-id') ?? '', '');

onEachDatabase('a token that is none changes nothing', (on) => {
  test('whatever is wrong with it, it is refused alike at every route, and the right one still works', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const { token } = scenery.person;
    const bad = await badTokens(server, token);
    // Which routes read a token is asked elsewhere; here one of each kind stands for all.
    const names = ['GET /users/{uid}', 'DELETE /users/{uid}/secrets/{secretId}', 'POST /users', 'GET /sessions'];
    const goods = scenery.goods.filter(({ name }) => names.includes(name));
    assert.equal(goods.length, names.length);
    const told = new Set<string>();
    await unchanged(server, async () => {
      for (const good of goods) {
        for (const [what, one] of Object.entries(bad)) {
          for (const headers of [{ Authorization: `Bearer ${one}` }, { 'X-Auth-Token': one }]) {
            const answer = await send(server, good, { headers });
            assertSaid(answer, '401 invalid_token', `a token ${what}: ${about(answer)}`);
            told.add(seen(answer));
          }
        }
      }
    });
    assert.equal(told.size, 1);
    assert.equal((await server.call('GET', '/users/me', { bearer: token })).status, 200);
  });

  test('tokens of another kind are no access tokens', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const { person, app } = scenery;
    const made = await server.call('POST', '/users/me/secrets', { bearer: person.token, json: { type: 'apikey' } });
    const challenge = await server.challenge(person);
    const bearers = [
      challenge,
      member(made, 'secret'),
      app.seed,
      app.codes[1] ?? '',
      server.code(app),
      person.password.replaceAll(' ', ''),
      person.uid,
    ];
    await unchanged(server, async () => {
      for (const good of scenery.goods.filter(({ route }) => asksForSession(route))) {
        for (const bearer of bearers) {
          // Here the token of a challenge is a credential; what it opens has tests of its own.
          if (good.route.access === 'challenge' && bearer === challenge) continue;
          assertSaid(await send(server, good, { bearer }), '401 invalid_token', good.name);
        }
      }
    });
  });

  test('what stands around a token does not make it another one', async () => {
    await using server = await startServer({ on });
    const { person } = await scene(server);
    const ask = async (headers: Record<string, string>) => (await server.call('GET', '/users/me', { headers })).status;
    // The header's own white space is not the token's (RFC 9110 section 5.5).
    assert.equal(await ask({ Authorization: `  Bearer  ${person.token}  ` }), 200);
    for (const value of [
      `Bearer\t${person.token}`,
      `Bearer ${person.token} x`,
      `Bearer ${person.token},`,
      `Bearer "${person.token}"`,
      `Bearer=${person.token}`,
    ])
      assert.equal(await ask({ Authorization: value }), 401, value);
    assert.equal(await ask({ Authorization: basic('ada', person.token) }), 401);
  });

  const ends: Readonly<Record<string, (server: Server, scenery: Scene) => Promise<unknown>>> = {
    'its hour is over': async (server) => server.clock.tick(hour),
    'it was revoked': (server, { person }) => server.call('DELETE', '/sessions/current', { bearer: person.token }),
    'its user is gone': (server, { person }) =>
      server.call('DELETE', `/users/${person.uid}`, { bearer: server.admin.token }),
    'a factor was removed by an administrator': (server, { uid, secretId }) =>
      server.call('DELETE', `/users/${uid}/secrets/${secretId}`, { bearer: server.admin.token }),
  };

  for (const [when, end] of Object.entries(ends)) {
    test(`a token is refused at every route once ${when}`, async () => {
      await using server = await startServer({ on });
      const scenery = await scene(server);
      await end(server, scenery);
      await unchanged(server, async () => {
        for (const good of scenery.goods.filter(({ route }) => asksForSession(route) || route.access === 'optional')) {
          const answer = await send(server, good, { bearer: scenery.person.token });
          assertSaid(answer, '401 invalid_token', about(answer));
        }
      });
    });
  }
});
