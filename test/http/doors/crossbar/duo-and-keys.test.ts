import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { makeManageKey, type Key } from '../../../promises/manage-keys.ts';
import { dataOf, door } from './door.ts';
import { duoFixture, protocols, yes } from './duo-fixture.ts';

onEachDatabase('a prompt of Duo', (on) => {
  for (const protocol of protocols)
    test(`is answered by the key that caused it, and by no other of its user (${protocol})`, async () => {
      const keys: Key[] = [];
      await using fixture = await duoFixture(protocol, {
        on,
        async before(server, { username: name, token }) {
          const maker = { name, token };
          keys.push(await makeManageKey(server, maker), await makeManageKey(server, maker));
        },
      });
      const { acme, server } = fixture;
      const ask = door(server);
      const rule = { apikey: { multi_factor: { enabled: true, configuration_id: fixture.provider } } };
      await ask(200, 'PATCH', `accounts/${acme.id}/security`, { auth_modules: rule });
      const [first, second] = keys.map(({ secret }) => ({ ...acme, password: secret }));
      const multi_factor_response = await yes(fixture, await fixture.asked(first));
      assert.equal((await fixture.logIn({ multi_factor_response }, second)).status, 401);
      const granted = await fixture.logIn({ multi_factor_response }, first);
      assert.equal(granted.status, 201, granted.text);
      const { auth_token: bearer } = granted.json as { auth_token: string };
      const ofKey = door(server, bearer);
      assert.ok(dataOf(await ofKey(201, 'PUT', `accounts/${acme.id}/users`, { username: 'dan' })));
    });
});
