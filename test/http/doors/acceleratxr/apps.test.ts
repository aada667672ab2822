import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOTP, URI } from 'otpauth';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { codesOf, enrol, list, make, newApp, secret, secrets } from './secrets-help.ts';
import { code } from './help.ts';

onEachDatabase('authenticator apps among the secrets', (on) => {
  test('an authenticator app comes with a key URI that apps read, and counts only after it is enrolled', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const made = await make(server, ada, { type: 'mfa', description: 'phone' });
    const { otpauth_url, secret: seed } = secret(made).secret as { otpauth_url: string; secret: string };
    assert.deepEqual([secret(made).type, secret(made).enrolled, secret(made).description], ['mfa', false, 'phone']);
    const app = URI.parse(otpauth_url);
    assert.ok(app instanceof TOTP);
    assert.deepEqual(
      [app.issuer, app.label, app.algorithm, app.digits, app.period],
      ['Countersign', 'ada', 'SHA1', 6, 30],
    );
    assert.equal(app.secret.base32, seed);
    assert.match(seed, /^[A-Z2-7]{32}$/);
    // Not active yet: no login asks for it.
    assert.ok(await server.logIn(ada));
    const enrolled = await enrol(server, ada, secret(made).uid, app.generate({ timestamp: server.clock.now() }));
    assert.equal(enrolled.status, 200);
    assert.ok(await server.challenge(ada));
    assert.equal((await list(server, ada.token)).find(({ type }) => type === 'mfa')?.enrolled, true);
  });

  test('a user may have five apps', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    for (let count = 0; count < 5; count += 1) await server.addApp(ada);
    assert.equal(code(await make(server, ada, { type: 'mfa' })), '409 too_many');
  });

  for (const path of ['/enroll', '']) {
    test(`PUT …/{secretId}${path} with a wrong code is a 400 and can be tried again`, async () => {
      await using server = await startServer({ on });
      const ada = await server.addPerson('ada');
      const app = await newApp(server, ada);
      const put = (token: unknown, bearer = ada.token) =>
        server.call('PUT', `${secrets}/${app.uid}${path}`, { bearer, json: { token } });
      const wrong = await put(server.wrongCode(app));
      assert.equal(code(wrong), '400 invalid_code');
      assert.equal(wrong.headers.get('www-authenticate'), null);
      assert.ok(await server.logIn(ada));
      const right = await put(server.code(app));
      assert.equal(right.status, 200);
      assert.equal(codesOf(right).length, 10);
      assert.ok(await server.challenge(ada));
      assert.equal(code(await put(server.code(app, 1), member(right, 'token'))), '409 already_enrolled');
    });
  }
});
