/** Contract section 2, sentence by sentence: how it stands, disabling and the backup code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../../../src/base/clock.ts';
import { asksForSession } from '../../catalogue.ts';
import { notYet, otherRoutes } from '../../other-seconds.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { alreadyEnabled, assertSays, logIn, newest, other, phone, put, withSms } from './help.ts';

const noSession = { detail: 'Authentication credentials were not provided.' };
const notEnabled = 'Two factor authentication is not enabled.';
const rfc9470 = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"';

onEachDatabase('/mfa', (on) => {
  test('without a session every route answers 401 and the sentence, with and without a slash', async () => {
    await using server = await startServer({ on });
    const routes = server.countersign.routes.filter(
      (route) => /^\/mfa(?:\/|$)/.test(route.path) && asksForSession(route),
    );
    assert.equal(routes.length, 9 + notYet.length + otherRoutes.length);
    for (const { method, path } of routes) {
      for (const slash of ['', '/']) {
        const answer = await server.call(method.toUpperCase(), path + slash);
        assertSays(answer, 401, noSession);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /);
      }
    }
  });

  test('a token that is none gets 401 with a detail', async () => {
    await using server = await startServer({ on });
    const answer = await server.call('GET', '/mfa/', { bearer: 'x.y.z' });
    assert.equal(answer.status, 401);
    assert.match(member(answer, 'detail'), /not valid/);
  });

  test('it is off at first, and a pending enrolment does not turn it on', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const ask = (path: string) => server.call('GET', path, { bearer: ada.token });
    for (const path of ['/mfa', '/mfa/']) assertSays(await ask(path), 200, { enabled: false });
    assert.equal((await put(server, ada, 'sms/request/', { phone_number: phone })).status, 200);
    assertSays(await ask('/mfa/'), 200, { enabled: false });
  });

  test('codes by text message are enabled in two steps, and the status tells how it stands', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const asked = await put(server, ada, 'sms/request/', { phone_number: '2133734253' });
    assertSays(asked, 200, { enabled: false, phone_number: phone });
    assert.deepEqual(
      server.sent.map(({ channel, to }) => [channel, to]),
      [['sms', phone]],
    );
    const verified = await put(server, ada, 'sms/verify/', { mfa_code: newest(server) });
    const { factors, ...rest } = verified.json as { factors: Record<string, unknown>[] };
    assert.deepEqual([verified.status, rest], [200, { enabled: true, challenge_type: 'sms', phone_number: phone }]);
    assert.equal(factors.length, 1);
    const [factor] = factors;
    assert.deepEqual(Object.keys(factor ?? {}).toSorted(), [
      'created_at',
      'hint',
      'id',
      'label',
      'last_used_at',
      'type',
    ]);
    assert.equal(factor?.['type'], 'sms');
    assert.match(String(factor?.['hint']), /53$/);
    assert.ok(!String(factor?.['hint']).includes('3734'));
    assertSays(await server.call('GET', '/mfa/', { bearer: ada.token }), 200, verified.json);
  });

  test('what is enabled already is told so, at the request and at the verification', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    assertSays(await put(server, ada, 'sms/request/', { phone_number: other }), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'sms/request/', { phone_number: 'x' }), 400, alreadyEnabled);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: '123456' }), 400, alreadyEnabled);
  });

  test('enrolling here makes no recovery codes, and proves the factor in this session alone', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const before = await server.logIn(ada);
    await put(server, ada, 'sms/request/', { phone_number: phone });
    await put(server, ada, 'sms/verify/', { mfa_code: newest(server) });
    const { json } = await server.call('GET', '/users/me/secrets', { bearer: ada.token });
    const rows = (await server.rows())['authenticators'] ?? [];
    assert.ok(Array.isArray(json));
    assert.ok(rows.every((row) => !row.includes('"recovery"')));
    assert.equal((await server.call('GET', '/users/me', { bearer: before })).status, 401);
  });

  test('passkeys are not available yet, and say so', async () => {
    await using server = await startServer({ on });
    const detail = 'Passkeys are not available yet.';
    for (const step of ['request', 'verify'])
      assertSays(await put(server, server.admin, `webauthn/${step}`), 501, { detail });
  });

  test('DELETE turns everything off at once, and tells when there is nothing', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    const by = { bearer: ada.token };
    const app = await server.addApp(ada);
    assert.equal((await server.call('GET', '/mfa/recovery/', by)).status, 200);
    const elsewhere = await server.logIn(ada, app.codes[0]);
    const off = await server.call('DELETE', '/mfa/', by);
    assert.deepEqual([off.status, off.text], [204, '']);
    assertSays(await server.call('DELETE', '/mfa/', by), 400, { detail: notEnabled });
    assertSays(await server.call('DELETE', '/mfa', by), 400, { detail: notEnabled });
    assertSays(await server.call('GET', '/mfa/', by), 200, { enabled: false });
    assert.equal((await server.call('GET', '/mfa/', { bearer: elsewhere })).status, 401);
    const rows = (await server.rows())['authenticators']?.filter((row) => row.includes(ada.uid)) ?? [];
    assert.ok(rows.length === 1 && rows[0]?.includes('"password"'), rows.join('\n'));
    assert.ok(await server.logIn(ada));
  });

  test('DELETE and the backup code need a second factor proven in the last 15 minutes (RFC 9470)', async () => {
    await using server = await startServer({ on });
    const ada = await withSms(server);
    server.clock.tick(15 * minute);
    const backup = await server.call('GET', '/mfa/recovery/', { bearer: ada.token });
    assert.equal(backup.status, 200);
    server.clock.tick(1);
    for (const [method, path, json] of [
      ['DELETE', '/mfa/', undefined],
      ['GET', '/mfa/recovery/', undefined],
      ['PUT', '/mfa/totp/request/', {}],
      ['PUT', '/mfa/totp/verify/', { mfa_code: '123456' }],
      ['PUT', '/mfa/email/request/', {}],
      ['PUT', '/mfa/email/verify/', { mfa_code: '123456' }],
    ] as const) {
      const answer = await server.call(method, path, { bearer: ada.token, json });
      assert.equal(answer.status, 401, answer.asked);
      assert.equal(answer.headers.get('www-authenticate'), rfc9470);
      assert.deepEqual(Object.keys(answer.json as object), ['detail']);
    }
    const again = await logIn(server, ada, { backup_code: member(backup, 'backup_code') });
    assert.equal(again.status, 200, 'a refusal changed the backup code');
  });

  test('a backup code has 12 characters, each request makes a new one, and the old one is dead', async () => {
    await using server = await startServer({ on });
    assertSays(await server.call('GET', '/mfa/recovery', { bearer: server.admin.token }), 400, {
      backup_code: notEnabled,
    });
    const ada = await withSms(server);
    const ask = async () => member(await server.call('GET', '/mfa/recovery/', { bearer: ada.token }), 'backup_code');
    const [first, last] = [await ask(), await ask()];
    assert.notEqual(first, last);
    for (const code of [first, last]) assert.match(code, /^[0-9A-F]{12}$/);
    assertSays(await logIn(server, ada, { backup_code: first }), 400, {
      non_field_errors: ['Please enter a valid backup code.'],
    });
    const answer = await logIn(server, ada, { backup_code: last.toLowerCase() });
    const bearer = member(answer, 'token');
    assertSays(await server.call('GET', '/mfa/', { bearer }), 200, { enabled: false });
    // The second factor is off: the password is enough, and the session from before is over.
    assert.deepEqual(Object.keys((await logIn(server, ada)).json as object), ['token']);
    assert.equal((await server.call('GET', '/mfa/', { bearer: ada.token })).status, 401);
  });
});
