import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startServer } from '../../../kit/server.ts';
import { dataOf, door } from '../../http/doors/crossbar/door.ts';
import { addService } from '../../http/doors/challenges/service.ts';

onEachDatabase('a challenge of a service, for a user without a second factor,', (on) => {
  for (const module of ['password', 'user_auth', 'device'] as const)
    test(`is refused where policy requires a factor of ${module}: the service does not say how the user logged in`, async () => {
      await using server = await startServer({ on });
      const { key: bearer } = await addService(server, 'root', 'shop');
      const bob = await server.addPerson('bob');
      const json = { user: { uid: bob.uid } };
      const before = await server.call('POST', '/challenges', { bearer, json });
      assert.deepEqual([before.status, before.json], [200, { state: 'not_required' }]);
      const ask = door(server);
      const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
      const made = dataOf(await ask(201, 'PUT', 'accounts/root/multi_factor', provider));
      const multi_factor = { enabled: true, configuration_id: made['id'] };
      await ask(200, 'PATCH', 'accounts/root/security', { auth_modules: { [module]: { multi_factor } } });
      const after = await server.call('POST', '/challenges', { bearer, json });
      assert.equal(after.status, 403, after.text);
      assert.equal((after.json as { code: string }).code, 'mfa_enrollment_required');
    });
});
