/**
 * A login method that an account closed is refused before the password is looked at: for every user, every password and
 * names that nobody has, with the same answer, without a password hash, and with as many statements.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import type { Hasher } from '../../src/base/hasher.ts';
import { createApp } from '../../src/http/server/app.ts';
import { dialects } from '../../src/http/doors/index.ts';
import { createMetrics } from '../../src/http/server/metrics.ts';
import { strangers } from '../http/catalogue.ts';
import { firstFactor, goodRequests, send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { basic, startServer, url, type Answer, type Server } from '../../kit/server.ts';
import { openEveryChain, rootOf } from '../../kit/chains.ts';
import { assertAlike, start, town } from './outsiders.ts';

const close = async (server: Server, auth_modules: object) => {
  const json = { data: { auth_modules } };
  const { status } = await server.call('POST', '/v2/accounts/root/security', { bearer: server.admin.token, json });
  assert.equal(status, 200);
};

/** Short ones can be passwords only; the others could be of a device or of a program. */
const wrong = ['wrong', 'a wrong password of some length', `csk_${'A'.repeat(43)}`];

onEachDatabase('a login that an account closed', (on) => {
  test('is refused in the same words for everybody, at every door', async () => {
    await using server = await start(on);
    const { ada, mfa } = await town(server);
    await close(server, { default: { enabled: false } });
    const tries = [
      [ada.name, ada.password],
      [mfa.name, mfa.password],
      ['nobody at all', ada.password],
      ...[ada.name, mfa.name, 'nobody at all'].flatMap((name) => wrong.map((secret) => [name, secret] as const)),
    ] as const;
    const waysIn = goodRequests(server.countersign.routes, strangers).filter(({ does }) => does === 'logs in');
    const before = (await server.rows())['sessions'];
    for (const ways of Map.groupBy(waysIn, ({ route }) => route.formatProblem).values()) {
      const answers: Record<string, Answer> = {};
      for (const good of ways)
        for (const [name, secret] of tries)
          answers[`${good.name}: ${name}, ${secret}`] = await send(server, good, firstFactor(good, name, secret));
      assertAlike(answers);
      for (const { text } of Object.values(answers)) assert.match(text, /disabled for the account|client is unknown/);
    }
    assert.deepEqual((await server.rows())['sessions'], before);
  });

  test('costs no password hash, and the same number of statements for every user', async () => {
    for (const closed of [{ default: { enabled: false } }, { password: { enabled: false } }]) {
      await using server = await start(on);
      const { ada, mfa } = await town(server);
      await close(server, closed);
      const { context, routes } = server.countersign;
      await openEveryChain(server, await rootOf(server));
      let [hashes, statements] = [0, 0];
      const db = context.store.db.withPlugin({
        transformQuery: ({ node }) => node,
        transformResult: async ({ result }) => ((statements += 1), result),
      });
      const counting: Hasher = {
        ...context.hasher,
        requireRoom: () => assert.fail('no hash is needed'),
        hash: (secret) => ((hashes += 1), context.hasher.hash(secret)),
        verify: (phc, secret) => ((hashes += 1), context.hasher.verify(phc, secret)),
      };
      const observed = { ...context, hasher: counting, store: { ...context.store, db } };
      const app = createApp(observed, { routes, dialects, metrics: createMetrics([]), url });
      for (const secret of wrong) {
        const asked = new Set<number>();
        for (const [name, own] of [
          [ada.name, ada.password],
          [mfa.name, mfa.password],
          ['nobody at all', ada.password],
        ] as const) {
          // A password of the same form as the wrong one: its form may be seen, for it is the client's own.
          for (const given of own.length >= 16 === secret.length >= 16 ? [secret, own] : [secret]) {
            server.clock.tick(15 * minute);
            statements = 0;
            const headers = { Authorization: basic(name, given) };
            const { status } = await app.fetch(new Request(`${url}/auth/password`, { headers }), {});
            assert.deepEqual([name, given, status, hashes], [name, given, 403, 0]);
            if (given === secret) asked.add(statements);
          }
        }
        assert.equal(asked.size, 1, secret);
      }
    }
  });

  test('leaves the other logins of the same door open, and guesses of their secrets are counted as ever', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const make = async (json: object) =>
      (await server.call('POST', '/users/me/secrets', { bearer: ada.token, json })).json as { secret: string };
    const { secret: key } = await make({ type: 'apikey' });
    const device = 'a secret that a device made';
    await make({ type: 'device', secret: device });
    await close(server, { password: { enabled: false } });
    const ask = async (name: string, secret: string) =>
      (await server.call('GET', '/auth/password', { basic: [name, secret] })).status;
    assert.deepEqual([await ask('ada', key), await ask('ada', device)], [200, 200]);
    const guesses = async (name: string) => {
      const seen: number[] = [];
      for (let guess = 0; guess < 6; guess += 1) seen.push(await ask(name, 'a guess at a secret of a device'));
      return seen;
    };
    const known = await guesses('ada');
    assert.deepEqual(known, [403, 403, 403, 403, 403, 429]);
    assert.deepEqual(await guesses('nobody at all'), known);
    await close(server, { device: { enabled: false }, apikey: { enabled: false } });
    server.clock.tick(15 * minute);
    assert.deepEqual(
      [await ask('ada', key), await ask('nobody at all', key)],
      [403, 403],
      'a key is known by its form',
    );
    assert.deepEqual(
      [await ask('ada', ada.password), await ask('ada', device)],
      [200, 401],
      'a device’s is a wrong password',
    );
  });
});
