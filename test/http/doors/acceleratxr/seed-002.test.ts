import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';

type Made = {
  readonly uid: string;
  readonly type: string;
  readonly secret: { readonly otpauth_url: string; readonly secret: string };
};

/** "How to Setup Multi-Factor Authentication", request by request, as its reader would send them. */
onEachDatabase('seed 002', (on) => {
  test('its reader sets up an authenticator app and is asked for it from then on', async () => {
    await using server = await startServer({ on });
    const { uid, name, password } = await server.addPerson('ada');

    // "First, authenticate the user using an existing secret such as a password."
    const authenticated = await server.call('GET', '/auth/password', { basic: [name, password] });
    const headers = { 'Content-Type': 'application/json', Authorization: `jwt ${member(authenticated, 'token')}` };

    // "Once authenticated you can now create an mfa secret."
    const create = () => server.call('POST', `/users/${uid}/secrets`, { headers, body: '{"type": "mfa"}' });
    const code = () =>
      new TOTP({ secret: Secret.fromBase32(made.secret.secret) }).generate({ timestamp: server.clock.now() });
    let created = await create();
    let made = created.json as Made;
    assert.equal(created.status, 200);
    assert.equal(created.headers.get('content-type'), 'application/json');
    assert.equal(made.type, 'mfa');
    assert.ok(made.secret.otpauth_url.startsWith('otpauth://totp/'));
    assert.ok(made.secret.otpauth_url.includes(made.secret.secret));

    // "At this point while MFA has been initialized for the account it is not activated yet."
    assert.equal((await server.call('GET', '/auth/password', { basic: [name, password] })).status, 200);

    // "imagine the above response was entered into the MFA device and produced a code of 021589"
    while (!code().startsWith('0')) {
      created = await create();
      made = created.json as Made;
    }

    // `"token": 021589` as it stands there is no JSON, and the answer says what to send.
    const enrol = `/users/${uid}/secrets/${made.uid}/enroll`;
    const literal = await server.call('PUT', enrol, { headers, body: `{ "token": ${code()} }` });
    assert.equal(literal.status, 400);
    assert.match(member(literal, 'detail'), /"021589"/);

    // "If the provided MFA code is correct the service will generate a set of backup codes"
    const enrolled = await server.call('PUT', enrol, { headers, body: `{ "token": "${code()}" }` });
    assert.equal(enrolled.status, 200);
    assert.equal(enrolled.headers.get('content-type'), 'application/json');
    const { codes } = enrolled.json as { codes: string[] };
    assert.equal(codes.length, 10);

    // "All future password authentication attempts will require MFA validation."
    const asked = await server.call('GET', '/auth/password', { basic: [name, password] });
    assert.equal(asked.status, 302);
    server.clock.tick(30 * second);
    const location = asked.headers.get('location') ?? '';
    assert.equal((await server.call('POST', location, { json: { token: code() } })).status, 200);

    // "backup codes that can be used to recover the account if future authentication requests fail"
    const lost = await server.call('GET', '/auth/password', { basic: [name, password] });
    const recovered = await server.call('POST', lost.headers.get('location') ?? '', { json: { token: codes[0] } });
    assert.ok(member(recovered, 'token'));
  });

  test('"send a PUT request to the /users/:userId/secrets/:secretId endpoint" works as well', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const call = { bearer: ada.token, json: { type: 'mfa' } };
    const created = await server.call('POST', `/users/${ada.uid}/secrets`, call);
    const { uid, secret } = created.json as { uid: string; secret: { secret: string } };
    const token = new TOTP({ secret: Secret.fromBase32(secret.secret) }).generate({ timestamp: server.clock.now() });
    const enrolled = await server.call('PUT', `/users/${ada.uid}/secrets/${uid}`, {
      bearer: ada.token,
      json: { token },
    });
    assert.equal((enrolled.json as { codes: string[] }).codes.length, 10);
  });

  test('its placeholder ids are nobody', async () => {
    await using server = await startServer({ on });
    const nobody = '00000000-0000-0000-0000-000000000000';
    const call = { bearer: server.admin.token, json: { type: 'mfa' } };
    assert.equal((await server.call('POST', `/users/${nobody}/secrets`, call)).status, 404);
  });
});
