import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { basic } from '../../kit/server.ts';
import { serve, type Running } from '../../kit/process.ts';

const env = {
  COUNTERSIGN_ADMIN_PASSWORD: 'the first of them all',
  COUNTERSIGN_REGISTRATION: 'open',
  COUNTERSIGN_LOG_LEVEL: 'trace',
};

describe('the log', () => {
  let server: Running;
  /** Whatever was sent, or answered, that nobody else may know. */
  const secrets: string[] = Object.values(env).slice(0, 1);

  before(async () => {
    server = await serve({ env });
    await live(server.url, secrets);
    await breakAndAsk(server, secrets);
    await server.stop('SIGKILL');
  });

  test('is made of JSON lines with a time, a level and a message', () => {
    assert.ok(server.stderr.length > 10);
    for (const line of server.stderr) {
      const { time, level, msg } = JSON.parse(line) as Record<string, unknown>;
      assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/, line);
      assert.match(String(level), /^(trace|debug|info|warn|error)$/, line);
      assert.equal(typeof msg, 'string', line);
    }
  });

  test('has a line for every request, with its route and not its path', () => {
    const requests = server.stderr.filter((line) => line.includes('"msg":"request"')).join('\n');
    assert.match(requests, /"method":"PUT","route":"\/users\/\{uid\}\/secrets\/\{secretId\}\/enroll","status":"200"/);
    assert.match(requests, /"method":"POST","route":"\/auth\/totp","status":"401"/);
  });

  test('has the fault that a broken database leads to, and of it no more than this', () => {
    const faults = server.stderr.filter((line) => line.includes('"err"')).map((line) => JSON.parse(line) as Fault);
    assert.ok(faults.length > 0);
    for (const { err, request_id: id } of faults) {
      assert.deepEqual(Object.keys(err), ['type', 'message', 'code', 'stack']);
      assert.match(err['message'] ?? '', /no such table/);
      assert.match(id, /^[0-9a-f]{32}$/);
    }
  });

  test('holds no secret that was sent or answered', () => {
    assert.ok(secrets.length > 20);
    for (const secret of secrets) {
      // Six digits may stand in a longer number by chance.
      const pattern = secret.length > 6 ? RegExp.escape(secret) : `(?<![0-9a-f])${secret}(?![0-9a-f])`;
      assert.ok(secret.length >= 6, `${secret} is too short to be looked for`);
      for (const line of server.stderr) assert.doesNotMatch(line, new RegExp(pattern));
    }
  });
});

test('a fault that nobody catches and a warning of Node are JSON lines too, and the fault ends the server with exit code 1', async () => {
  const thrower = `process.once('SIGUSR2', () => {
    process.emitWarning('mind the gap');
    setImmediate(() => { throw Object.assign(new Error('boom'), { detail: 'hunter' + 2 }); });
  })`;
  const server = await serve({ env, node: ['--import', `data:text/javascript,${encodeURIComponent(thrower)}`] });
  assert.deepEqual(await server.stop('SIGUSR2'), { code: 1, signal: null });
  const lines = server.stderr.map((line) => JSON.parse(line) as { level: string; err?: { message: string } });
  assert.deepEqual(
    lines.slice(-2).map(({ level, err }) => [level, err?.message]),
    [
      ['warn', 'mind the gap'],
      ['error', 'boom'],
    ],
  );
  assert.doesNotMatch(server.stderr.join('\n'), /hunter2/);
});

type Fault = { readonly err: Readonly<Record<string, string>>; readonly request_id: string };

/** A user's life, with everything secret in it noted. */
async function live(url: string, secrets: string[]): Promise<void> {
  const password = 'correct horse battery staple';
  const authorization = basic('alice', password);
  secrets.push(password, authorization, authorization.slice(6));
  const note = async (response: Response) => {
    const body = (await response.json()) as Answer;
    secrets.push(...[body.token, body.challenge_token, body.secret?.secret, body.secret?.otpauth_url].filter(isText));
    secrets.push(...(body.codes ?? []));
    return body;
  };
  const send = async (method: 'POST' | 'PUT', path: string, body: object, headers = {}) => {
    const sent = { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
    return note(await fetch(url + path, sent));
  };
  const { token } = await send('POST', '/users', { name: 'alice', password });
  const bearer = { Authorization: `Bearer ${token}` };
  const made = await send('POST', '/users/me/secrets', { type: 'mfa' }, bearer);
  const app = new TOTP({ secret: Secret.fromBase32(made.secret?.secret ?? '') });
  const [code, next] = [app.generate(), app.generate({ timestamp: Date.now() + 30_000 })];
  secrets.push(code, next);
  const wrong = code === '123456' ? '654321' : '123456';
  secrets.push(wrong);
  await send('PUT', `/users/me/secrets/${made.uid}/enroll`, { token: wrong }, bearer);
  await send('PUT', `/users/me/secrets/${made.uid}/enroll`, { token: code }, bearer);
  const question = await note(
    await fetch(`${url}/auth/password`, { headers: { Authorization: authorization }, redirect: 'manual' }),
  );
  await send('POST', `/auth/totp?jwt_token=${question.challenge_token}`, { token: wrong });
  await send('POST', `/auth/totp?jwt_token=${question.challenge_token}`, { token: next });
  await send('POST', '/users/me/secrets', { type: 'apikey' }, bearer);
  const misplaced = 'a-secret-in-the-wrong-place';
  secrets.push(misplaced, 'a wrong password');
  await note(await fetch(`${url}/auth/password`, { headers: { Authorization: basic('alice', 'a wrong password') } }));
  await note(await fetch(`${url}/users/${misplaced}`, { headers: bearer }));
  await note(await fetch(`${url}/${misplaced}`, { headers: { 'X-Auth-Token': misplaced } }));
  await send('POST', '/users', { name: 'bob', password: misplaced, [misplaced]: 1 });
}

/** Takes tables from under the server, and asks it for what needs them. */
async function breakAndAsk({ url, folder }: Running, secrets: string[]): Promise<void> {
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
  database.exec('pragma foreign_keys = off; drop table sessions; drop table users');
  database.close();
  const password = 'a password on its way to a fault';
  secrets.push(password, basic('alice', password));
  const body = JSON.stringify({ name: 'carol', password });
  const headers = { 'Content-Type': 'application/json' };
  const [login, registration] = await Promise.all([
    fetch(`${url}/auth/password`, { headers: { Authorization: basic('alice', password) } }),
    fetch(`${url}/users`, { method: 'POST', body, headers }),
  ]);
  assert.deepEqual([login.status, registration.status], [500, 500]);
}

type Answer = {
  readonly uid?: string;
  readonly token?: string;
  readonly challenge_token?: string;
  readonly secret?: { readonly secret?: string; readonly otpauth_url?: string };
  readonly codes?: readonly string[];
};

const isText = (value: unknown) => typeof value === 'string';
