import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { countersign, outputOf, errorLineOf, serve, type Running } from '../../kit/process.ts';

const admin = { name: 'admin', password: 'the first of them all' };
const made =
  /^created the client app of (\w+)\nits id is ([0-9a-f-]{36})\nits secret is (\S{43}) \(it is not shown again\)\n$/;

describe('clients, changed at the machine beside a running server', { concurrency: 3 }, () => {
  let server: Running;
  before(async () => {
    server = await serve({ env: { COUNTERSIGN_ADMIN_PASSWORD: admin.password } });
  });

  const client = (args: readonly string[]) => countersign(['client', ...args], { folder: server.folder });
  async function token(id: string, secret: string | undefined, more: Readonly<Record<string, string>> = {}) {
    const { name: username, password } = admin;
    const own = secret === undefined ? { client_id: id } : { client_id: id, client_secret: secret };
    const body = new URLSearchParams({ grant_type: 'password', username, password, ...own, ...more });
    const response = await fetch(`${server.url}/mfa/oauth2/token`, { method: 'POST', body });
    return { status: response.status, said: (await response.json()) as Readonly<Record<string, string>> };
  }

  test('a client is made with grants and a scope, its secret is printed once, and it gets tokens', async () => {
    const options = ['--grant', 'password', '--grant', 'refresh_token', '--scope', 'read write'];
    const [, , id = '', secret = ''] = made.exec(outputOf(await client(['add', 'app of ada', ...options]))) ?? [];
    const { status, said } = await token(id, secret);
    assert.deepEqual([status, said['scope'], typeof said['refresh_token']], [200, 'read write', 'string']);
    const listed = outputOf(await client(['list', '--account', 'root']));
    assert.ok(listed.includes(`${id}  password,refresh_token  [read write]  app of ada\n`), listed);
    assert.ok(!listed.includes(secret));
  });

  test('a public client has no secret', async () => {
    const said = outputOf(await client(['add', 'phone', '--public', '--grant', 'password']));
    const [, id = ''] = /^created the client phone\nits id is ([0-9a-f-]{36})\nit has no secret\n$/.exec(said) ?? [];
    assert.equal((await token(id, undefined)).status, 200);
    assert.equal((await token(id, 'a secret of nobody')).status, 401);
  });

  test('a client that does not name the password grant is refused it', async () => {
    const said = outputOf(await client(['add', 'app of bea', '--grant', 'refresh_token']));
    const [, , id = '', secret = ''] = made.exec(said) ?? [];
    const answer = await token(id, secret);
    assert.deepEqual([answer.status, answer.said['error']], [400, 'unauthorized_client']);
  });

  test('a client that is removed gets nothing, and what it got is over', async () => {
    const said = outputOf(await client(['add', 'app of cy', '--grant', 'password', '--grant', 'password']));
    const [, , id = '', secret = ''] = made.exec(said) ?? [];
    const { access_token: access = '' } = (await token(id, secret)).said;
    const me = () => fetch(`${server.url}/users/me`, { headers: { Authorization: `Bearer ${access}` } });
    assert.equal((await me()).status, 200);
    assert.match(outputOf(await client(['remove', id])), /^app of cy was removed, and its sessions have ended\n$/);
    assert.deepEqual([(await me()).status, (await token(id, secret)).status], [401, 401]);
    assert.equal(
      errorLineOf(await client(['remove', id]), 1),
      `countersign: no client has the id ${id}: countersign client list shows the ids`,
    );
  });

  test('an account that is not there is refused', async () => {
    const add = await client(['add', 'app', '--grant', 'password', '--account', 'mars']);
    assert.equal(errorLineOf(add, 1), 'countersign: app: there is no such account');
    assert.equal(
      errorLineOf(await client(['list', '--account', 'mars']), 1),
      'countersign: mars: there is no such account',
    );
  });
});

test('a server without clients says so', async () => {
  const server = await serve();
  assert.equal(outputOf(await countersign(['client', 'list'], { folder: server.folder })), 'there are no clients\n');
});
