/** Contract section 4: no account loosens what one above it requires, whether it says so now or said so before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeSecurity } from '../../../../src/store/security.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, tenant } from './door.ts';
import { login, one, provider } from './security-help.ts';

const loose = { multi_factor: { enabled: false } };

onEachDatabase('a rule below a rule', (on) => {
  test('is refused where it is weaker, names the member as it was written, and changes nothing', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    await door(server)(200, 'POST', `accounts/${acme.id}/security`, {
      auth_modules: {
        default: { multi_factor: { enabled: true, include_subaccounts: true } },
        oauth2: { enabled: false },
      },
      email_is_aal2: false,
    });
    const before = await server.rows();
    const path = `accounts/${east.id}/security`;
    for (const [said, member] of [
      [{ auth_modules: { user_auth: loose } }, 'auth_modules.user_auth.multi_factor.enabled'],
      [{ auth_modules: { cb_auth: loose } }, 'auth_modules.cb_auth.multi_factor.enabled'],
      [{ auth_modules: { default: loose } }, 'auth_modules.default.multi_factor.enabled'],
      [{ auth_modules: { oauth2: { enabled: true } } }, 'auth_modules.oauth2.enabled'],
      [{ auth_modules: { cb_auth: { enabled: true } } }, 'auth_modules.cb_auth.enabled'],
      [
        { auth_modules: { password: { multi_factor: { enabled: true, when_unavailable: 'allow' } } } },
        'auth_modules.password.multi_factor.when_unavailable',
      ],
      [{ auth_modules: {}, email_is_aal2: true }, 'email_is_aal2'],
    ] as const) {
      for (const [method, where] of [
        ['POST', path],
        ['PATCH', path],
        ['POST', `${path}/preview`],
      ] as const) {
        const answer = await door(server)(400, method, where, said);
        assert.deepEqual([bodyOf(answer)['message'], Object.keys(dataOf(answer))], ['weaker_than_inherited', [member]]);
      }
    }
    assert.deepEqual(await server.rows(), before);
    const tighter = { auth_modules: { user_auth: { enabled: false } }, email_is_aal2: false };
    await door(server)(200, 'POST', path, tighter);
  });

  test('loosens nothing where it was written before the rule above it', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const east = await tenant(server, acme.id, 'east', acme.token);
    const { store, clock } = server.countersign.context;
    const write = (accountId: string, authModules: object) =>
      writeSecurity(store, { accountId, authModules, revision: 0 }, clock.now());
    await write(east.id, { user_auth: loose, password: { enabled: true } });
    assert.equal((await login(server, east)).status, 201);
    await provider(server, one, 'totp', null);
    const multi_factor = { enabled: true, include_subaccounts: true };
    await write(acme.id, { user_auth: { multi_factor }, password: { enabled: false } });
    assert.equal(bodyOf(await login(server, east))['message'], 'mfa_enrollment_required');
    const { username, password, id } = east;
    const closed = await server.call('GET', `/auth/password?account=${id}`, { basic: [username, password] });
    assert.equal(closed.status, 403);
  });

  test('a document of an earlier version may have a shorter life, and still opens', async () => {
    await using server = await startServer({ on });
    const acme = await tenant(server, 'root', 'acme');
    const { store, clock } = server.countersign.context;
    const { db } = store;
    const authModules = { user_auth: { token_auth_expiry_s: 60 } };
    await writeSecurity(store, { accountId: acme.id, authModules, revision: 0 }, clock.now());
    await db.updateTable('security').set({ rules: null }).execute();
    assert.equal((await login(server, acme)).status, 201);
    const path = `accounts/${acme.id}/security`;
    const shown = dataOf(await door(server)(200, 'GET', path));
    assert.deepEqual(shown['auth_modules'], authModules);
  });
});
