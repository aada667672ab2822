import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { basic } from '../../kit/server.ts';
import { countersign, outputOf, errorLineOf, serve, type Running } from '../../kit/process.ts';

const admin = { name: 'admin', password: 'the first of them all' };
const password = 'correct horse battery staple';

describe('users, changed at the machine beside a running server', { concurrency: 3 }, () => {
  let server: Running;
  before(async () => {
    server = await serve({ env: { COUNTERSIGN_ADMIN_PASSWORD: admin.password, COUNTERSIGN_REGISTRATION: 'open' } });
  });

  const user = (args: readonly string[], input?: string) =>
    countersign(['user', ...args], { folder: server.folder, ...(input !== undefined && { input }) });
  const logIn = (name: string, secret: string) =>
    fetch(`${server.url}/auth/password`, { headers: { Authorization: basic(name, secret) }, redirect: 'manual' });

  async function send(method: 'POST' | 'PUT', path: string, body: object, token?: string) {
    const headers = {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const response = await fetch(server.url + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(response.status < 300, `${path} answered ${response.status}`);
    return (await response.json()) as { uid: string; token: string; secret: { secret: string } };
  }

  test('a user is made with a password from standard input, and logs in with it', async () => {
    const said = outputOf(await user(['add', 'ada', '--password-stdin'], `${password}\n`));
    assert.match(said, /^created the user ada \([0-9a-f-]{36}\)\n$/);
    assert.equal((await logIn('ada', password)).status, 200);
  });

  test('a password from standard input is taken as it is but for the end of its line', async () => {
    outputOf(await user(['add', 'bea', '--password-stdin'], ' one\ntwo three \r\n'));
    assert.equal((await logIn('bea', ' one\ntwo three ')).status, 200);
  });

  test('a user is made with roles, addresses and a password that is printed once', async () => {
    const options = ['--role', 'admin', '--role', 'user', '--email', 'cy@example.com', '--phone', '+12025550123'];
    const [made, told = ''] = outputOf(await user(['add', 'cy', ...options, '--generate-password'])).split('\n');
    assert.match(made ?? '', /^created the user cy /);
    const [, secret = ''] = /^their password is (\S{20}) /.exec(told) ?? [];
    const { token } = (await (await logIn('cy@example.com', secret)).json()) as { token: string };
    const me = await fetch(`${server.url}/users/me`, { headers: { Authorization: `Bearer ${token}` } });
    const { roles, email, phone } = (await me.json()) as Record<string, unknown>;
    assert.deepEqual(
      { roles, email, phone },
      { roles: ['admin', 'user'], email: 'cy@example.com', phone: '+12025550123' },
    );
  });

  test('a user is never made both service and something else', async () => {
    const both = ['--role', 'admin', '--role', 'service', '--no-password'];
    assert.match(errorLineOf(await user(['add', 'both', ...both]), 1), /a service has no other role/);
  });

  test('a user is made without a password, logs in with none, and is given one later', async () => {
    outputOf(await user(['add', 'dan', '--no-password', '--account', 'root']));
    assert.equal((await logIn('dan', '')).status, 401);
    assert.equal((await logIn('dan', password)).status, 401);
    const said = outputOf(await user(['password', 'dan', '--password-stdin'], password));
    assert.equal(said, 'dan has a new password, and their sessions have ended\n');
    assert.equal((await logIn('dan', password)).status, 200);
  });

  test('a new password takes the place of the old one and ends the sessions', async () => {
    const { token } = await send('POST', '/users', { name: 'eve', password });
    const [, told = ''] = outputOf(await user(['password', 'eve', '--generate-password'])).split('\n');
    const [, secret = ''] = /^their password is (\S{20}) /.exec(told) ?? [];
    const me = await fetch(`${server.url}/users/me`, { headers: { Authorization: `Bearer ${token}` } });
    assert.deepEqual(
      [me.status, (await logIn('eve', password)).status, (await logIn('eve', secret)).status],
      [401, 401, 200],
    );
  });

  test('a user who failed too often logs in again once they are unlocked', async () => {
    await send('POST', '/users', { name: 'fay', password });
    for (let tries = 0; tries < 5; tries += 1) await logIn('fay', 'a wrong password');
    assert.equal((await logIn('fay', password)).status, 429);
    assert.match(outputOf(await user(['unlock', 'fay'])), /^fay is unlocked/);
    assert.equal((await logIn('fay', password)).status, 200);
    assert.equal(outputOf(await user(['unlock', 'fay'])), 'fay had no failed attempts\n');
  });

  test('a user who lost their second factor logs in with the password once it is taken away', async () => {
    const { token } = await send('POST', '/users', { name: 'gus', password });
    const { uid, secret } = await send('POST', '/users/me/secrets', { type: 'mfa' }, token);
    const code = new TOTP({ secret: Secret.fromBase32(secret.secret) }).generate();
    await send('PUT', `/users/me/secrets/${uid}/enroll`, { token: code }, token);
    assert.equal((await logIn('gus', password)).status, 302);
    assert.match(outputOf(await user(['disable-mfa', 'gus', '--yes'])), /^gus no longer has a second factor/);
    assert.equal((await logIn('gus', password)).status, 200);
  });

  describe('a refusal is one line on standard error and exit code 1', { concurrency: 3 }, () => {
    const refusals: readonly (readonly [what: string, args: readonly string[], said: RegExp, input?: string])[] = [
      [
        'a name that is taken, in whatever case',
        ['add', 'ADMIN', '--no-password'],
        /^countersign: ADMIN: the name is taken/,
      ],
      [
        'an account that is not there',
        ['add', 'hal', '--account', 'mars', '--no-password'],
        /hal: there is no such account/,
      ],
      ['a user who is not there', ['unlock', 'nobody'], /^countersign: nobody: the account has no user with this name/],
      ['a password that is tried first', ['add', 'hal', '--password-stdin'], /too common/, 'password123'],
      [
        'a password that is the name',
        ['add', 'hal and dave', '--password-stdin'],
        /must differ from the name/,
        'HAL and Dave',
      ],
    ];
    for (const [what, args, said, input] of refusals) {
      test(what, async () => {
        assert.match(errorLineOf(await user(args, input), 1), said);
      });
    }
  });

  test('a password that can not be one is a mistake, and is not repeated', async () => {
    for (const input of ['', '\n', 'hunter2']) {
      const said = errorLineOf(await user(['add', 'ian', '--password-stdin'], input), 2);
      assert.equal(said, 'countersign: the password must be 8 to 1,024 bytes long');
    }
  });
});
