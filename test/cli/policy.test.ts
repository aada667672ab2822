import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic } from '../../kit/server.ts';
import { countersign, errorLineOf, outputOf, serve } from '../../kit/process.ts';

const admin = { name: 'admin', password: 'the first of them all' };

test('an operator removes a policy that lets nobody log in, while the server runs', async () => {
  const { url, folder } = await serve({ env: { COUNTERSIGN_ADMIN_PASSWORD: admin.password } });
  const login = () => fetch(`${url}/auth/password`, { headers: { Authorization: basic(admin.name, admin.password) } });
  const { token } = (await (await login()).json()) as { token: string };
  // No provider of the system is enabled.
  const data = { auth_modules: { default: { multi_factor: { enabled: true } } } };
  const written = await fetch(`${url}/v2/accounts/root/security`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ data }),
  });
  const { warnings = [] } = ((await written.json()) as { data: { warnings?: { message: string }[] } }).data;
  assert.ok(warnings.length > 0 && warnings.every(({ message }) => message.startsWith('Nobody can log in')));
  assert.equal((await login()).status, 401);
  const policy = (...args: readonly string[]) => countersign(['policy', 'remove', ...args], { folder });
  assert.match(errorLineOf(await policy(), 2), /give --yes/);
  assert.match(errorLineOf(await policy('--yes', '--account', 'mars'), 1), /there is no such account/);
  assert.match(outputOf(await policy('--yes')), /^root has no security configuration of its own any more\n$/);
  assert.equal((await login()).status, 200);
});
