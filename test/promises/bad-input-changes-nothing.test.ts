/**
 * Whatever is sent, the answer is a clear 4xx and never a 5xx, and nothing is different afterwards but the one count of a wrong code. Each
 * test walks every route of the table that takes such input.
 */
import assert from 'node:assert/strict';
import { addService } from '../http/doors/challenges/service.ts';
import { test } from 'node:test';
import fc from 'fast-check';
import { hour, minute } from '../../src/base/clock.ts';
import type { Route } from '../../src/http/route.ts';
import { badTokens } from '../http/server/bad-tokens.ts';
import { ada, asksForSession, firstFactor, goodRequests, knownOf, nobody, send, type Good } from '../http/catalogue.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, basic, member, startServer, type Answer, type Call, type Server } from '../../kit/server.ts';

type Scene = Awaited<ReturnType<typeof ada>> & {
  readonly goods: readonly Good[];
  readonly challenge: string;
  readonly admin: string;
  /** A service's. */
  readonly key: string;
  /** A user of its application. */
  readonly external: Awaited<ReturnType<typeof externalUser>>;
};

/** Somebody with an app that waits for its code. */
async function externalUser(server: Server, bearer: string) {
  const name = '42';
  const uid = member(await server.call('PUT', `/users/${name}`, { bearer, json: {} }), 'uid');
  const pending = await server.call('POST', `/users/${name}/factors`, { bearer, json: { type: 'totp' } });
  return { name, uid, pendingId: member(pending, 'id'), seed: member(pending, 'secret') };
}

async function scene(server: Server): Promise<Scene> {
  const cast = await ada(server);
  const challenge = await server.challenge(cast.person);
  const { key } = await addService(server, 'root', 'shop');
  const external = await externalUser(server, key);
  const goods = goodRequests(server.countersign.routes, { ...cast, external });
  return { ...cast, challenge, key, external, admin: server.admin.token, goods };
}

/** What shows that Ada may do it. */
function credentials(good: Good, { person, challenge, admin, key }: Scene): Call & { query?: string } {
  const { does } = good;
  if (does === 'logs in') return firstFactor(good, person.name, person.password);
  if (does === 'serves a client') return {};
  if (does === 'manages') return { bearer: admin };
  if (does === 'keeps users') return { bearer: key };
  // One door wants it in the query, the other one as a credential.
  if (does !== 'answers a challenge') return { bearer: person.token };
  return good.route.access === 'asker' ? { bearer: challenge } : { query: `jwt_token=${challenge}` };
}

const about = ({ asked, status, text }: Answer) => `${asked} answered ${status} ${text.slice(0, 300)}`;

/** The same text, spelled with the escapes of JSON. */
const escaped = (text: string) =>
  text.replace(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A body with a code in the place where its route has one. */
const coded = ({ route }: Good, code: unknown) => ({ [knownOf(route).code ?? '']: code });

/** Runs the requests and asserts that not a single row has changed. */
async function unchanged(server: Server, requests: () => Promise<void>): Promise<void> {
  const before = await server.rows();
  await requests();
  assert.deepEqual(await server.rows(), before);
}

/** What is no code at all. */
const noCodes: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  true: true,
  'an empty text': '',
  'a space': ' ',
  dashes: '------',
  'a negative number': -123_456,
  'a float': 123_456.5,
  'a number beyond every code': 100_000_000,
  'the largest safe number': Number.MAX_SAFE_INTEGER,
  'a number that is not safe': 1e20,
  'five digits': '12345',
  'nine digits': '123456789',
  'a list of a code': ['123456'],
  'a list of codes': Array.from({ length: 1000 }, (_, at) => String(100_000 + at)),
  'an object': { code: '123456' },
  'an object that looks like a text': { toString: '123456', length: 6 },
  'a NUL': '\u0000',
  'digits and a NUL': '123456\u0000',
  'a NUL between digits': '123\u0000456',
  'full-width digits': '１２３４５６',
  'one full-width digit': '12345６',
  'Arabic digits': '١٢٣٤٥٦',
  'mathematical digits': '𝟏𝟐𝟑𝟒𝟓𝟔',
  'circled digits': '①②③④⑤⑥',
  superscripts: '¹²³⁴⁵⁶',
  'an emoji': '😀',
  'six emoji': '😀'.repeat(6),
  keycaps: '1️⃣2️⃣3️⃣',
  '10,000 digits': '1'.repeat(10_000),
  '10,000 spaces and a code': `${' '.repeat(10_000)}123456`,
  'a line break after it': '123456\n',
  'a line break before it': '\n123456',
  'a line break inside': '123\n456',
  'a tab': '123\t456',
  'a no-break space': '123\u00a0456',
  'a thin space': '123\u2009456',
  'a zero width space': '123\u200b456',
  'a dash that is none': '123–456',
  'a minus sign': '-123456.0',
  'a plus sign': '+123456',
  'a hexadecimal number': '0x1e240',
  'an exponent': '1e5',
  letters: 'abcdef',
  'a pattern': '......',
  SQL: "' or 1=1 --",
  'a template': '{{123456}}',
  'a recovery code that is too long': 'abcd-efgh-jkmn-pqrs-t',
  'a recovery code with a letter that none has': 'abcd-efgh-jkmn-pqru',
};

const isEmpty = (value: unknown) => JSON.stringify(value) === '{}';

/** In whose words a route says what is wrong. */
const dialectOf = ({ say, path }: Route) => (!say ? 'problem' : path.startsWith('/v2/') ? 'crossbar' : 'deux');

onEachDatabase('bad input changes nothing', (on) => {
  test('what is no code is refused at every route that takes one, and not counted', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const taking = scenery.goods.filter(({ route }) => knownOf(route).code);
    assert.equal(taking.length, 7);
    await unchanged(server, async () => {
      for (const good of taking) {
        for (const [what, token] of Object.entries(noCodes)) {
          const answer = await send(server, { ...good, json: coded(good, token) }, credentials(good, scenery));
          assertSaid(answer, '400 invalid_request', `${what}: ${about(answer)}`);
        }
        for (const number of ['021589', '+21589', '1e400', 'NaN', '0x12']) {
          const text = `{"${knownOf(good.route).code}": ${number}}`;
          const call = { ...credentials(good, scenery), body: text, headers: { 'Content-Type': 'application/json' } };
          const answer = await send(server, { ...good, json: undefined }, call);
          assert.equal(answer.status, 400, `${text}: ${about(answer)}`);
          if (!good.route.say) assert.match(member(answer, 'code'), /^(?:malformed_json|invalid_request)$/);
        }
      }
    });
  });

  test('after all of it a wrong code counts once, and the right one works', async () => {
    await using server = await startServer({ on });
    const names = (await scene(server)).goods.filter(({ route }) => knownOf(route).code).map(({ name }) => name);
    for (const name of names) {
      await using other = await startServer({ on });
      const scenery = await scene(other);
      const good = scenery.goods.find((one) => one.name === name) ?? assert.fail(name);
      const own = good.does === 'answers a challenge' ? scenery.app : scenery.pending;
      const app = good.does === 'keeps users' ? scenery.external : own;
      const { uid } = good.does === 'keeps users' ? scenery.external : scenery;
      const sent = good.path.includes('/sms/') ? scenery.smsCode : scenery.emailCode;
      const digits = good.path.startsWith('/mfa/') ? sent : other.code(app);
      const wrong = good.path.startsWith('/mfa/')
        ? String((Number(sent) + 1) % 1e6).padStart(6, '0')
        : other.wrongCode(app);
      const ask = (token: unknown) => send(other, { ...good, json: coded(good, token) }, credentials(good, scenery));
      for (const token of Object.values(noCodes)) await ask(token);
      const { attempts: _log, throttles: none, ...before } = await other.rows();
      assert.deepEqual(none, []);
      const refused = await ask(wrong);
      assert.ok(refused.status === 400 || refused.status === 401, about(refused));
      if (!good.route.say) assert.equal(member(refused, 'code'), 'invalid_code');
      const { attempts: _more, throttles, ...after } = await other.rows();
      assert.deepEqual(after, before);
      assert.equal(throttles?.length, 1);
      assert.match(throttles[0] ?? '', new RegExp(`"subject":"${uid}".*"failures":1,`));
      // With all the spaces and dashes that a person may type.
      const answer = await ask(` ${digits.slice(0, 2)}-${digits.slice(2, 4)} - ${digits.slice(4)} `);
      assert.equal(answer.status, 200, about(answer));
    }
  });

  test('a list of guesses is no guess, however many it holds', async () => {
    await using server = await startServer({ on });
    const { challenge, app } = await scene(server);
    await unchanged(server, async () => {
      const token = [server.code(app), server.wrongCode(app)];
      const answer = await server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });
      assert.equal(answer.status, 400);
    });
  });

  test('a body that is not what it should be is refused at every route that takes one', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const taking = scenery.goods.filter(({ json }) => json !== undefined);
    assert.ok(taking.length >= 8);
    await unchanged(server, async () => {
      for (const good of taking) {
        const call = credentials(good, scenery);
        const text = JSON.stringify(good.json);
        const inside = text.slice(1, -1);
        const [first = ''] = Object.keys(good.json as object);
        const raw = async (status: string, body: string | Uint8Array, type = 'application/json') => {
          const answer = await send(
            server,
            { ...good, json: undefined },
            { ...call, body, headers: { 'Content-Type': type } },
          );
          assertSaid(answer, status, `${String(body).slice(0, 99)}: ${about(answer)}`);
          return answer;
        };
        for (const body of [
          '',
          '{',
          text.slice(0, -1),
          `${text}x`,
          `${text}${text}`,
          'null,',
          `{${inside},}`,
          '\u0000',
          'a=b',
        ])
          await raw('400 malformed_json', body);
        await raw('400 malformed_json', Buffer.concat([Buffer.from(text), new Uint8Array([0xff])]));
        await raw('400 malformed_json', Buffer.from(text, 'utf16le'));
        await raw('400 malformed_json', `{${inside},"deep":${'['.repeat(40)}${']'.repeat(40)}}`);
        await raw('400 malformed_json', `{${inside},${inside}}`);
        await raw('400 malformed_json', `{${inside},"${escaped(first)}":1}`);
        await raw('400 malformed_json', `{${inside},"half":"\\ud800"}`);
        await raw('413 content_too_large', `{${inside},"long":"${'x'.repeat(65_536)}"}`);
        const form = good.route.form ? [] : ['application/x-www-form-urlencoded'];
        for (const type of ['text/plain', 'multipart/form-data; boundary=x', ...form])
          await raw('415 unsupported_media_type', text, type);
        for (const body of ['null', '[]', `[${text}]`, '5', '"text"', 'true']) await raw('400 invalid_request', body);
        // The endpoints of OAuth2 ignore what they do not know (RFC 6749 section 3.2).
        if (good.route.form) continue;
        for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'roles', 'unknown', '', 'é']) {
          const { text: told } = await raw('400 invalid_request', `{${inside},"${name}":{"${first}":1}}`);
          const named = {
            problem: `"/${name}"`,
            deux: `"${name}":["is not a member`,
            crossbar: `"${name}":{"invalid"`,
          };
          assert.ok(told.includes(named[dialectOf(good.route)]), told);
        }
      }
    });
  });

  test('a member of another type is refused at every route that takes a body', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    await unchanged(server, async () => {
      // What stands in the body of a login and of a client's request is a credential: a text that is no right one is a wrong one.
      const plain = scenery.goods.filter(
        ({ route, does }) => !knownOf(route).firstInBody && does !== 'serves a client',
      );
      for (const good of plain.filter(({ json }) => json !== undefined)) {
        const body = good.json as Readonly<Record<string, unknown>>;
        const merges = good.method === 'PATCH' || knownOf(good.route).merges;
        for (const [name, value] of Object.entries(body)) {
          // A number may be a code, and null clears what a profile holds.
          const others = [null, true, 5.5, 5, [], [value], {}, { [name]: value }, '', '\u0000', 'a\u0000b'].filter(
            (other) =>
              !(other === 5 && name === knownOf(good.route).code) &&
              !(other === null && merges) &&
              // No change is a change too.
              !(isEmpty(other) && merges),
          );
          for (const other of others) {
            const answer = await send(
              server,
              { ...good, json: { ...body, [name]: other } },
              credentials(good, scenery),
            );
            assertSaid(answer, '400 invalid_request', `${name}: ${JSON.stringify(other)}: ${about(answer)}`);
          }
        }
      }
    });
  });

  test('no body is ever a fault, whatever its members hold', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    for (const good of scenery.goods.filter(({ json }) => json !== undefined)) {
      const members = Object.entries(good.json as object).map(([name, value]: [string, unknown]) => [
        name,
        fc.oneof(fc.constant(value), fc.string({ unit: 'binary' }), fc.string(), fc.maxSafeInteger(), fc.jsonValue()),
      ]);
      const bodies = fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>);
      // The server's own test fails a 5xx, and an answer that the route does not declare.
      const ask = (json: unknown) => send(server, { ...good, json }, credentials(good, scenery));
      await fc.assert(
        fc.asyncProperty(bodies, async (json) => void (await ask(json))),
        { numRuns: 25 },
      );
    }
  });

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
        if (!good.route.say) told.add(member(answer, 'detail'));
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
          if (good.route.access === 'asker' && bearer === challenge) continue;
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
