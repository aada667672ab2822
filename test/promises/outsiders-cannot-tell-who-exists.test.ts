/**
 * An unknown name, a wrong password, a locked user, one of another account and one with a second factor look the same, to the byte and to
 * the number of hashes and statements; unknown names are throttled alike.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/base/clock.ts';
import type { Hasher } from '../../src/base/hasher.ts';
import { createApp } from '../../src/http/server/app.ts';
import { dialects } from '../../src/http/doors/index.ts';
import { createMetrics } from '../../src/http/server/metrics.ts';
import { knownOf, nobody, strangers } from '../http/catalogue.ts';
import { firstFactor, goodRequests, send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { basic, startServer, url, type Answer, type Server } from '../../kit/server.ts';
import { openEveryChain, rootOf } from '../../kit/chains.ts';
import { assertAlike, seen, start, town } from './outsiders.ts';

/** Names under which one may try to log in, and passwords that are not theirs. */
const namesOf = ({ ada, mfa, dan, foreign }: Awaited<ReturnType<typeof town>>): Readonly<Record<string, string>> => ({
  'a name that nobody has': 'nobody at all',
  'an id that nobody has': nobody,
  'an address that nobody has': 'nobody@example.org',
  'an administrator': 'admin',
  'a user': ada.name,
  'a user in other letters': 'ＡDA',
  'a user by id': ada.uid,
  'a user by address': 'ada@example.org',
  'a user with a second factor': mfa.name,
  'a user with a second factor, by address': 'GRACE@example.org',
  'a user without a password': 'no password',
  'a disabled user': dan.name,
  'a disabled user by id': dan.uid,
  'a user of another account': foreign.name,
  'a user of another account, by id': foreign.uid,
});

/** Every way in that takes a name and a secret. */
const waysIn = (server: Server) =>
  goodRequests(server.countersign.routes, strangers).filter(({ does }) => does === 'logs in');

onEachDatabase('outsiders cannot tell who exists', (on) => {
  const secrets: Readonly<Record<string, string>> = {
    'a wrong password': 'this is wrong',
    'an empty password': '',
    'a text of the form of an apikey': `csk_${'A'.repeat(43)}`,
    'a password that is too long': 'x'.repeat(1025),
    'a password with a NUL': 'a\u0000b',
  };

  for (const [what, secret] of Object.entries(secrets)) {
    test(`from the answer to ${what}, at every way in`, async () => {
      await using server = await start(on);
      const names = namesOf(await town(server));
      // Each door has words of its own.
      for (const ways of Map.groupBy(waysIn(server), ({ route }) => route.formatProblem).values()) {
        const answers: Record<string, Answer> = {};
        for (const good of ways) {
          for (const [who, name] of Object.entries(names)) {
            answers[`${good.name}: ${who}`] = await send(server, good, firstFactor(good, name, secret));
            // No wait is still on when the same user comes under another name.
            server.clock.tick(15 * minute);
          }
        }
        assertAlike(answers);
        const expected = ways.map(({ route }) => knownOf(route).refusal ?? 401);
        assert.deepEqual([...new Set(expected)], [Object.values(answers)[0]?.status]);
      }
    });
  }

  test('from the answer to a right password of another account', async () => {
    await using server = await start(on);
    const { foreign } = await town(server);
    const ask = (name: string, password: string) => server.call('GET', '/auth/password', { basic: [name, password] });
    assertAlike({ nobody: await ask('nobody', foreign.password), foreign: await ask(foreign.name, foreign.password) });
    const query = async (account: string) =>
      server.call('GET', `/auth/password?account=${account}`, { basic: ['x', 'y'] });
    assertAlike({ known: await query('Elsewhere'), unknown: await query('Nowhere'), root: await query('root') });
  });

  test('from the throttling: unknown names wait like known ones, and the right password waits too', async () => {
    await using server = await start(on);
    const { ada, mfa } = await town(server);
    const tries: readonly (readonly [string, string])[] = [
      [ada.name, ada.password],
      [mfa.name, mfa.password],
      ['nobody', ada.password],
      ['no password', ada.password],
    ];
    const told: string[][] = tries.map(() => []);
    for (let guess = 0; guess < 12; guess += 1) {
      for (const [at, [name, right]] of tries.entries()) {
        const wrong = await server.call('GET', '/auth/password', { basic: [name, 'wrong'] });
        told[at]?.push(seen(wrong));
        if (wrong.status === 429)
          told[at]?.push(seen(await server.call('GET', '/auth/password', { basic: [name, right] })));
      }
      server.clock.tick(20 * second);
    }
    const [model, ...others] = told;
    assert.ok(model?.some((one) => one.startsWith('[429')) && model.at(-1)?.startsWith('[4'));
    for (const other of others) assert.deepEqual(other, model);
  });

  test('from how a name is spelled: all spellings of one name are counted together, known or not', async () => {
    await using server = await start(on);
    await town(server);
    const spellings = (name: string) => [
      name,
      name.toUpperCase(),
      ` ${name}`.trim(),
      name.normalize('NFD'),
      `\u00ad${name}`,
    ];
    const told = [];
    for (const name of ['åda', 'nøbody']) {
      if (name === 'åda') await server.addPerson(name);
      const answers = [];
      for (const spelling of [...spellings(name), ...spellings(name)]) {
        answers.push(seen(await server.call('GET', '/auth/password', { basic: [spelling, 'wrong'] })));
      }
      told.push(answers);
    }
    assert.deepEqual(told[0], told[1]);
    assert.deepEqual(
      told[0]?.map((one) => one.slice(1, 4)),
      [...Array<string>(5).fill('401'), ...Array<string>(5).fill('429')],
    );
  });

  test('from a lock: after a hundred failures a user and a name that nobody has are told the same', async () => {
    await using server = await start(on);
    const { ada } = await town(server);
    const ask = (name: string, secret: string) => server.call('GET', '/auth/password', { basic: [name, secret] });
    for (let failure = 0; failure < 100; failure += 1) {
      assertAlike({ nobody: await ask('nobody', 'wrong'), ada: await ask('ada', 'wrong') });
      server.clock.tick(15 * minute);
    }
    const closed = await ask('ada', ada.password);
    assert.equal(closed.status, 429);
    assertAlike({ nobody: await ask('nobody', 'wrong'), ada: await ask('ada', 'wrong'), right: closed });
  });

  test('from a challenge: whatever is wrong with it is told alike', async () => {
    await using server = await start(on);
    const { mfa, app, ada } = await town(server);
    const [old, spent, other] = [await server.challenge(mfa), await server.challenge(mfa), await server.challenge(mfa)];
    const ask = (challenge: string, token: unknown) =>
      server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });
    assert.equal((await ask(spent, server.code(app))).status, 200);
    server.clock.tick(3 * minute);
    const open = await server.challenge(mfa);
    const right = server.code(app);
    assertAlike({
      unknown: await ask('A'.repeat(43), right),
      expired: await ask(old, right),
      'expired, with a wrong code': await ask(other, '000000'),
      spent: await ask(spent, right),
      'an access token': await ask(ada.token.slice(0, 43), right),
      'not a token': await ask('%00', right),
      empty: await ask('', right),
      'another spelling': await ask(`${open.slice(0, -1)}${open.endsWith('A') ? 'B' : 'A'}`, right),
      'with a space': await ask(` ${open}`, right),
    });
  });

  test('from a code: a wrong one, a used one, an older one and somebody else’s are told alike', async () => {
    await using server = await start(on);
    const { mfa, app, ada } = await town(server);
    const his = await server.addApp(ada);
    server.clock.tick(minute);
    const used = server.code(app);
    assert.ok(await server.logIn(mfa, used));
    assert.ok(await server.logIn(mfa, app.codes[0]));
    const ask = async (token: unknown) => {
      const answer = await server.call('POST', '/auth/totp', {
        json: { token, challenge_token: await server.challenge(mfa) },
      });
      assert.ok(await server.logIn(mfa, app.codes[server.answers.length % 1 === 0 ? (next += 1) : 0]));
      return answer;
    };
    let next = 0;
    assertAlike({
      wrong: await ask(server.wrongCode(app)),
      used: await ask(used),
      older: await ask(server.code(app, -1)),
      'of another user': await ask(server.code(his)),
      'a used recovery code': await ask(app.codes[0]),
      'a recovery code of another user': await ask(his.codes[0]),
    });
  });

  test('from the number of hashes and of statements, which is where the time goes', async () => {
    await using server = await start(on);
    const names = namesOf(await town(server));
    const { context, routes } = server.countersign;
    await openEveryChain(server, await rootOf(server));
    let hashes = 0;
    let statements = 0;
    const db = context.store.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => ((statements += 1), result),
    });
    const counting: Hasher = {
      ...context.hasher,
      hash: (secret) => ((hashes += 1), context.hasher.hash(secret)),
      verify: (phc, secret) => ((hashes += 1), context.hasher.verify(phc, secret)),
    };
    const fixture = { ...context, hasher: counting, store: { ...context.store, db } };
    const app = createApp(fixture, { routes, dialects, metrics: createMetrics([]), url });
    for (const secret of ['this is wrong', `csk_${'A'.repeat(43)}`]) {
      const asked = new Map<string, number>();
      for (const [who, name] of Object.entries(names)) {
        hashes = 0;
        statements = 0;
        server.clock.tick(15 * minute);
        const headers = { Authorization: basic(name, secret) };
        const { status } = await app.fetch(new Request(`${url}/auth/password`, { headers }), {});
        assert.deepEqual([who, status, hashes], [who, 401, 1]);
        asked.set(who, statements);
      }
      assert.equal(new Set(asked.values()).size, 1, JSON.stringify(Object.fromEntries(asked)));
      assert.ok(statements > 4);
    }
  });

  test('from the log of attempts, when a name is unknown: what was typed is not in it', async () => {
    await using server = await start(on);
    await server.call('GET', '/auth/password', { basic: ['my password typed as a name', 'x'] });
    const { attempts, throttles } = await server.rows();
    assert.doesNotMatch(JSON.stringify([attempts, throttles, server.lines]), /typed as a name/);
  });

  test('from registering, where it is closed', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const ask = (name: string, bearer?: string) =>
      server.call('POST', '/users', { bearer, json: { name, password: 'a good password' } });
    assertAlike({ taken: await ask('ada'), free: await ask('nobody') });
    assertAlike({ taken: await ask('admin', ada.token), free: await ask('nobody', ada.token) });
  });
});
