import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer } from '../../../../kit/server.ts';
import { codesOf, secrets } from './secrets-help.ts';
import { code } from './help.ts';

onEachDatabase('recovery codes', (on) => {
  test('ten recovery codes come with the first app, and none with the next', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes } = await server.addApp(ada);
    assert.equal(new Set(codes).size, 10);
    for (const one of codes) assert.match(one, /^[0-9a-hjkmnp-tv-z]{4}(?:-[0-9a-hjkmnp-tv-z]{4}){3}$/);
    assert.deepEqual((await server.addApp(ada)).codes, []);
  });

  test('renewing recovery codes makes ten new ones, and the old ones stop working', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const { codes: old } = await server.addApp(ada);
    const renewed = await server.call('POST', `${secrets}/codes`, { bearer: ada.token });
    assert.equal(renewed.status, 200);
    assert.equal(new Set([...old, ...codesOf(renewed)]).size, 20);
    const json = { token: old[0], challenge_token: await server.challenge(ada) };
    assert.equal(code(await server.call('POST', '/auth/totp', { json })), '401 invalid_code');
    assert.ok(await server.logIn(ada, codesOf(renewed)[0]));
  });

  test('nobody has recovery codes for a factor that they have not', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    assert.equal(code(await server.call('POST', `${secrets}/codes`, { bearer: ada.token })), '409 mfa_not_enabled');
  });
});
