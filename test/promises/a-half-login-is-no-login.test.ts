/**
 * A challenge token opens no route but the one that answers it, and a session without a fresh second factor changes no factor of a
 * user who has one. Every route of the table is walked; one that test/http/catalogue.ts does not know fails the walk.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { asksForSession, knownOf, nameOf, type Cast } from '../http/catalogue.ts';
import { ada, enrolments, firstFactor, goodRequests, send, type Good } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import {
  assertSaid,
  basic,
  member,
  startServer,
  type Answer,
  type Call,
  type Person,
  type Server,
} from '../../kit/server.ts';
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

  test('without a credential no route that asks for a session is open', async () => {
    await using server = await startServer({ on });
    const cast = await ada(server);
    const before = await server.rows();
    const asking = goodRequests(server.countersign.routes, cast).filter(({ route }) => asksForSession(route));
    assert.ok(asking.length > 15);
    for (const good of asking) {
      const answer = await send(server, good);
      assertSaid(answer, '401 authentication_required');
      assert.equal((await send(server, { ...good, path: `${good.path}/` })).status, 401, good.path);
      if (good.method === 'GET') assert.equal((await send(server, { ...good, method: 'HEAD' })).status, 401, good.path);
    }
    assert.deepEqual(await server.rows(), before);
  });

  test('routes that anybody may call are those that tell, log in or answer a challenge', async () => {
    await using server = await startServer({ on });
    const open = server.countersign.routes.filter((route) => !asksForSession(route)).map(nameOf);
    const expected = goodRequests(server.countersign.routes, await ada(server))
      .filter(({ route }) => !asksForSession(route))
      .filter(({ does }) =>
        ['tells', 'logs in', 'answers a challenge', 'makes a user', 'serves a client'].includes(does),
      )
      .map(({ name }) => name);
    assert.deepEqual(open, [...new Set(expected)]);
  });

  test('registering with a name that has MFA opens nothing either', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const { person } = await ada(server);
    const json = { name: person.name, password: person.password };
    assert.equal((await server.call('POST', '/users', { json })).status, 409);
  });
});

const rfc9470 = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"';

function assertStepUp(answer: Answer): void {
  const about = `${answer.asked} ${answer.status} ${answer.text}`;
  assertSaid(answer, '401 insufficient_user_authentication', about);
  assert.equal(answer.headers.get('www-authenticate'), rfc9470, about);
}

/** The routes that change what a login rests on, with good requests to each. */
const changing = (server: Server, cast: Cast) =>
  goodRequests(server.countersign.routes, cast).filter(({ does }) => does === 'factors');

onEachDatabase('a session without a fresh second factor changes no factor', (on) => {
  /** Sessions of Ada without a recent proof of her second factor. */
  const stale: Readonly<
    Record<string, (server: Server) => Promise<{ cast: Awaited<ReturnType<typeof ada>>; bearer: string }>>
  > = {
    'that proved it more than 15 minutes ago': async (server) => {
      const cast = await ada(server);
      server.clock.tick(15 * minute + 1);
      return { cast, bearer: cast.person.token };
    },
    'of a login that was completed more than 15 minutes ago': async (server) => {
      const cast = await ada(server);
      const bearer = await server.logIn(cast.person, cast.app.codes[1]);
      server.clock.tick(15 * minute + 1);
      return { cast, bearer };
    },
  };

  for (const [which, make] of Object.entries(stale)) {
    test(`a session ${which} is sent away at every route that changes a factor, and nothing changes`, async () => {
      await using server = await startServer({ on });
      const { cast, bearer } = await make(server);
      const { attempts: _log, ...before } = await server.rows();
      for (const good of changing(server, cast)) {
        for (const uid of ['me', cast.uid]) {
          assertStepUp(await send(server, { ...good, path: good.path.replace(cast.uid, uid) }, { bearer }));
        }
      }
      const { attempts: _same, ...after } = await server.rows();
      assert.deepEqual(after, before);
      assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
    });
  }

  test('a session that proved it 15 minutes ago is fresh enough at each of them', async () => {
    await using server = await startServer({ on });
    const names = new Set(
      changing(server, await ada(server)).map(({ name, json }) => `${name} ${JSON.stringify(json)}`),
    );
    assert.ok(names.size >= 10);
    for (const at of [...names].keys()) {
      await using other = await startServer({ on });
      const cast = await ada(other);
      other.clock.tick(15 * minute);
      // The pending enrolment is over by then.
      const waiting = await enrolments(other, cast.person);
      const good = changing(other, { ...cast, ...waiting })[at] ?? assert.fail();
      const answer = await send(other, good, { bearer: cast.person.token });
      assert.ok(answer.status < 300, `${answer.asked} ${answer.text}`);
    }
  });

  test('an administrator with a second factor needs it fresh to touch anybody', async () => {
    await using server = await startServer({ on });
    const bob = await server.addPerson('bob');
    const his = await server.addApp(bob);
    await server.addApp(server.admin);
    server.clock.tick(15 * minute + 1);
    const { attempts: _log, ...before } = await server.rows();
    const call = { bearer: server.admin.token };
    assertStepUp(await server.call('PATCH', `/users/${bob.uid}`, { ...call, json: { email: 'eve@example.org' } }));
    assertStepUp(await server.call('DELETE', `/users/${bob.uid}/secrets/${his.secretId}`, call));
    assertStepUp(await server.call('DELETE', `/users/${bob.uid}`, call));
    const { attempts: _same, ...after } = await server.rows();
    assert.deepEqual(after, before);
  });

  test('a session from before the first enrolment is over, and so is none', async () => {
    await using server = await startServer({ on });
    const person = await server.addPerson('ada');
    const before = await server.logIn(person);
    const app = await server.addApp(person);
    const cast = { uid: person.uid, secretId: app.secretId, pendingId: app.secretId, sid: '', code: server.code(app) };
    for (const good of changing(server, cast)) {
      assertSaid(await send(server, good, { bearer: before }), '401 invalid_token', good.name);
    }
  });

  for (const [whose, enrols] of [
    ['with a second factor', true],
    ['without one', false],
  ] as const) {
    test(`the apikey of a user ${whose} changes no factor, for nobody is there who could prove one`, async () => {
      await using server = await startServer({ on });
      const person = await server.addPerson('ada');
      const made = await server.call('POST', '/users/me/secrets', { bearer: person.token, json: { type: 'apikey' } });
      if (enrols) await server.addApp(person);
      const waiting = await enrolments(server, person);
      const bearer = member(
        await server.call('GET', '/auth/password', { basic: ['ada', member(made, 'secret')] }),
        'token',
      );
      const secretId = (made.json as { uid: string }).uid;
      const cast = { uid: person.uid, secretId, ...waiting, sid: '' };
      const { attempts: _log, ...before } = await server.rows();
      for (const good of changing(server, cast)) {
        const answer = await send(server, good, { bearer });
        assertSaid(answer, '403 unattended_credential', good.name);
      }
      const { attempts: _same, ...after } = await server.rows();
      assert.deepEqual(after, before);
      assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
    });
  }
});
