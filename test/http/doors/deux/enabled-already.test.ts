/** In which order Deux's door says what is wrong with enabling a method: enabled already, unreadable, and only then not proven freshly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { enableSms, newestCode, bodyOf } from '../../../../kit/doors.ts';
import { startServer, type Person, type Server } from '../../../../kit/server.ts';

const alreadyEnabled = { detail: ['Two factor authentication is already enabled.'] };
const noNumber = { phone_number: ['Please enter a valid phone number.'] };
const noAddress = { email: ['Please enter a valid email address.'] };
const required = { email: ['This field is required.'] };

async function assertSaid(server: Server, { token: bearer }: Person, asked: readonly [string, object, unknown]) {
  const [path, json, answer] = asked;
  const given = await server.call('PUT', `/mfa/${path}`, { bearer, json });
  assert.deepEqual([given.status, bodyOf(given)], [400, answer], path);
}

onEachDatabase('enabling a method', (on) => {
  test('that is enabled is refused before fresh proof is asked for', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await enableSms(server, ada);
    server.clock.tick(16 * minute);
    await assertSaid(server, ada, ['sms/request', { phone_number: '+14155552671' }, alreadyEnabled]);
    await assertSaid(server, ada, ['sms/request', { phone_number: 'x' }, alreadyEnabled]);
    await assertSaid(server, ada, ['sms/verify', { mfa_code: newestCode(server) }, alreadyEnabled]);
  });

  test('with what cannot be read is refused before fresh proof is asked for', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    await enableSms(server, ada);
    server.clock.tick(16 * minute);
    await assertSaid(server, ada, ['email/request', { email: 'x' }, noAddress]);
    await assertSaid(server, ada, ['email/request', {}, required]);
    const readable = { bearer: ada.token, json: { email: 'ada@example.org' } };
    assert.equal((await server.call('PUT', '/mfa/email/request', readable)).status, 401);
    await assertSaid(server, bob, ['sms/request', { phone_number: 'x' }, noNumber]);
  });
});
