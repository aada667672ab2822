/** Where instants outgrow what other programs keep them in: 31 bits of seconds, and 32. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { clockAt } from '../../kit/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startServer } from '../../kit/server.ts';

onEachDatabase('people log in on both sides of', (on) => {
  for (const border of ['2038-01-19T03:14:08Z', '2106-02-07T06:28:16Z'])
    test(border.slice(0, 10), async () => {
      const clock = clockAt(new Date(Date.parse(border) - minute).toISOString());
      await using server = await startServer({ on, clock });
      const ada = await server.addPerson('ada');
      const app = await server.addApp(ada);
      const before = await server.logIn(ada, server.code(app));
      clock.tick(2 * minute);
      const used = await server.call('POST', '/auth/totp', {
        json: { challenge_token: await server.challenge(ada), token: server.code(app, -4) },
      });
      assert.equal(used.status, 401, 'a code of before');
      for (const bearer of [before, await server.logIn(ada, server.code(app))])
        assert.equal((await server.call('GET', '/users/me', { bearer })).status, 200);
      const attempts = await server.call('GET', '/v2/accounts/root/multi_factor/attempts', {
        bearer: server.admin.token,
      });
      const { data } = attempts.json as { data: readonly { readonly timestamp: number }[] };
      const times = data.map(({ timestamp }) => timestamp);
      assert.ok(new Set(times).size > 1);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
        'newest first',
      );
    });
});
