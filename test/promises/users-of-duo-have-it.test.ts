/** A user of whom policy requires Duo has it (contract 1.4): a code by e-mail does not replace it as fresh proof. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { bodyOf, newestCode } from '../../kit/doors.ts';
import { member } from '../../kit/server.ts';
import { door } from '../http/doors/crossbar/door.ts';
import { duoFixture } from '../http/doors/crossbar/duo-fixture.ts';
import { addService } from '../http/doors/challenges/service.ts';

onEachDatabase('users of Duo', (on) => {
  test('step up with Duo, and not by e-mail', async () => {
    let bearer = '';
    await using fixture = await duoFixture('Universal Prompt', {
      on,
      async before(server, acme) {
        const json = { email: 'ada@example.org' };
        assert.equal((await server.call('PUT', '/mfa/email/request', { bearer: acme.token, json })).status, 200);
        const verify = { bearer: acme.token, json: { mfa_code: newestCode(server) } };
        assert.equal((await server.call('PUT', '/mfa/email/verify', verify)).status, 200);
        bearer = acme.token;
      },
    });
    const { server } = fixture;
    server.clock.tick(16 * minute);
    const asked = await server.call('POST', '/challenges', { bearer, json: {} });
    const { factors } = asked.json as { factors: readonly { type: string }[] };
    assert.deepEqual(
      factors.map(({ type }) => type),
      ['duo'],
    );
    const json = { type: 'apikey' };
    assert.equal((await server.call('POST', '/users/me/secrets', { bearer, json })).status, 401);
  });

  test('of a service approve changes with Duo, whichever login method requires it', async () => {
    await using fixture = await duoFixture('Universal Prompt', { on });
    const { server, acme, provider } = fixture;
    const rule = { enabled: true, configuration_id: provider };
    const security = `accounts/${acme.id}/security`;
    await door(server)(200, 'POST', security, { auth_modules: {} });
    const { key: bearer } = await addService(server, acme.id, 'shop');
    const ask = async (status: number, method: string, path: string, json: object = {}) => {
      const answer = await server.call(method, path, { bearer, json });
      assert.equal(answer.status, status, `${answer.asked} ${answer.text}`);
      return answer;
    };
    await ask(201, 'PUT', '/users/42');
    const address = await ask(201, 'POST', '/users/42/factors', { type: 'email', email: 'a@example.org' });
    await ask(200, 'POST', `/users/42/factors/${member(address, 'id')}/confirm`, { code: newestCode(server) });
    await door(server)(200, 'POST', security, { auth_modules: { user_auth: { multi_factor: rule } } });
    server.clock.tick(minute);
    const asked = bodyOf(await ask(201, 'POST', '/challenges', { user: { name: '42' } }));
    assert.deepEqual(
      (asked['factors'] as { type: string }[]).map(({ type }) => type),
      ['duo'],
    );
  });
});
