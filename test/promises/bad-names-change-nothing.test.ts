/** Ids, names, secrets and parameters that are none get a clear 4xx at every route that takes them, and change nothing but counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { asksForSession, knownOf, nobody } from '../http/catalogue.ts';
import { firstFactor, send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer, type Server } from '../../kit/server.ts';
import { about, credentials, scene, unchanged } from './bad-input.ts';

onEachDatabase('an id, a name or a parameter that is none changes nothing', (on) => {
  const noIds = [
    '%00',
    'a%00b',
    '%2F',
    '..%2F..%2Fusers',
    '.%2e%2fme',
    '%252e%252e',
    'me%00',
    'me%20',
    'ME',
    'me;x=y',
    'null',
    'undefined',
    '0',
    '-1',
    '*',
    '%25',
    '%',
    '%zz',
    '%E0%A4%A',
    '%ff',
    '__proto__',
    'constructor',
    "'%20or%201=1%20--",
    '%27%3B%20drop%20table%20users%3B--',
    '%F0%9F%98%80',
    'é',
    '%EF%BD%8D%EF%BD%85',
    nobody,
    `${nobody}%00`,
    `${nobody}%0A`,
    `%20${nobody}`,
    `{${nobody}}`,
    nobody.replaceAll('-', ''),
    nobody.toUpperCase(),
    '1'.repeat(10_000),
    '%61'.repeat(3000),
  ];

  test('an id that is none is 404, wherever an id stands in a path', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    await unchanged(server, async () => {
      // What an application calls a user may be anything, and is theirs from then on.
      const withIds = scenery.goods.filter(
        ({ route, name }) => route.path.includes('{') && name !== 'PUT /users/{uid}',
      );
      for (const good of withIds) {
        const parts = good.path.split('/');
        const places = good.route.path.split('/').flatMap((part, at) => (part.startsWith('{') ? [at] : []));
        for (const place of places) {
          for (const id of noIds) {
            const answer = await send(
              server,
              { ...good, path: parts.with(place, id).join('/') },
              credentials(good, scenery),
            );
            assertSaid(answer, '404 not_found', about(answer));
          }
        }
      }
    });
  });

  test('ids are compared as they are: an own id in other letters is nobody’s', async () => {
    await using server = await startServer({ on });
    const { uid, secretId, person } = await scene(server);
    for (const path of [`/users/${uid.toUpperCase()}`, `/users/me/secrets/${secretId.toUpperCase()}`]) {
      assert.equal((await server.call('GET', path, { bearer: person.token })).status, 404, path);
    }
  });

  const oddNames: Readonly<Record<string, string>> = {
    'an emoji': '😀',
    'a byte order mark only': '\uFEFF',
    'characters that nobody sees': '\u200b\u2060\u00ad',
    'text from right to left': '\u202eeve',
    'a name of 5,000 characters': 'a'.repeat(5000),
    'a name that grows when it is folded': '\uFDFA'.repeat(1000),
    'a noncharacter': '\uFFFF',
    SQL: "' or 1=1 --",
    'a pattern': '%',
    'one letter of a pattern': 'ad_',
    'a wildcard': 'a*',
    JSON: '{"$ne":null}',
    'a path': '../../ada',
  };

  test('a name that is none is told like any unknown name, at every way in', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const { throttles: _counts, attempts: _log, ...before } = await server.rows();
    const told = new Set<string>();
    for (const good of scenery.goods.filter(({ does }) => does === 'logs in')) {
      for (const [what, name] of Object.entries(oddNames)) {
        const answer = await send(server, good, firstFactor(good, name, scenery.person.password));
        server.clock.tick(15 * minute);
        // Deux's dialect answers everything that is wrong with 400, a name that is too long as well.
        const expected = knownOf(good.route).refusal === 400 ? '400' : '401 invalid_credentials';
        assertSaid(answer, expected, `${what}: ${about(answer)}`);
        if (!good.route.formatProblem) told.add(member(answer, 'detail'));
      }
    }
    assert.equal(told.size, 1);
    const { throttles: _more, attempts: _longer, ...after } = await server.rows();
    assert.deepEqual(after, before);
  });

  test('a name with a control character is no name that Basic may carry, and is not even counted', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    await unchanged(server, async () => {
      for (const good of scenery.goods.filter(({ does, route }) => does === 'logs in' && !knownOf(route).firstInBody)) {
        for (const name of [
          '\u0000',
          'ada\u0000',
          '\u0000ada',
          'a\u0000da',
          'ada\u0001',
          'ada\u001f',
          'ada\u007f',
          'ada\u009f',
          'ada\n',
        ]) {
          const answer = await send(server, good, { basic: [name, scenery.person.password] });
          assertSaid(answer, '401 authentication_required', about(answer));
        }
      }
    });
  });

  test('a secret that is none is a wrong one, and counts once', async () => {
    await using server = await startServer({ on });
    const { person, uid } = await scene(server);
    for (const secret of [
      '',
      '\u0000',
      `${person.password}\u0000`,
      `${person.password} `,
      person.password.toUpperCase(),
      '😀'.repeat(200),
    ]) {
      const failures = async () =>
        /"failures":(\d+)/.exec((await server.rows()).throttles?.find((row) => row.includes(uid)) ?? '')?.[1];
      const before = Number((await failures()) ?? 0);
      const answer = await server.call('GET', '/auth/password', { basic: [person.name, secret] });
      assertSaid(answer, '401 invalid_credentials');
      assert.equal(Number(await failures()), before + 1, JSON.stringify(secret));
      server.clock.tick(15 * minute);
    }
    assert.ok(await server.challenge(person));
  });

  test('a parameter that has not its form is a 4xx at every route', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const values = ['%00', 'a%00b', '%ff', '%F0%9F%98%80', 'x'.repeat(5000), '-1', '1e400', '[]', '%27', ''];
    await unchangedButForCounts(server, async () => {
      for (const good of scenery.goods.filter(({ route }) => route.query)) {
        const bearer = good.does === 'keeps users' ? scenery.key : server.admin.token;
        for (const name of Object.keys(good.route.query?.shape ?? {})) {
          for (const value of values) {
            const call = good.does === 'answers a challenge' ? {} : { basic: ['nobody', 'x'] as const };
            const shown = asksForSession(good.route) ? { bearer } : call;
            const answer = await send(server, good, { ...shown, query: `${name}=${value}` });
            const isDefault = name === 'skip' && value === '';
            assert.ok(isDefault || (answer.status >= 400 && answer.status < 500), about(answer));
            const twice = await send(server, good, { ...shown, query: `${name}=${value}&${name}=1` });
            assertSaid(twice, '400 invalid_request', about(twice));
          }
        }
      }
    });
  });

  test('names mean the same user in any case and normal form', async () => {
    await using server = await startServer({ on });
    const person = await server.addPerson('Åsa Weiß 2', { email: 'Asa@Example.org' });
    for (const login of [
      'åsa weiß 2',
      'A\u030ASA WEIß 2',
      'Åsa Weiß ２',
      'ÅSA\u00ad Weiß 2',
      'ASA@EXAMPLE.ORG',
      'asa@example.org',
    ]) {
      assert.ok(await server.logIn({ name: login, password: person.password }), login);
    }
    for (const login of ['asa weiß 2', 'Åsa Weiss 2x', 'Åsa  Weiß 2']) {
      assert.equal(
        (await server.call('GET', '/auth/password', { basic: [login, person.password] })).status,
        401,
        login,
      );
    }
  });
});

async function unchangedButForCounts(server: Server, requests: () => Promise<void>): Promise<void> {
  const { attempts: _log, throttles: _counts, ...before } = await server.rows();
  await requests();
  const { attempts: _longer, throttles: _more, ...after } = await server.rows();
  assert.deepEqual(after, before);
}
