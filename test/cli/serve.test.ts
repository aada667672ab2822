import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { createCountersign } from '../../src/countersign.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { cheapCost } from '../../kit/hasher.ts';
import { basic } from '../../kit/server.ts';
import { countersign, errorLineOf, newFolder, serve, type Running } from '../../kit/process.ts';
import { freePort } from '../../kit/free-port.ts';

const listeningLine = (url: string) =>
  `countersign listening on ${url.replace('http://localhost', '127.0.0.1')}, public URL ${url}`;

const announced = /^created the administrator (\S+) with the password (\S+) /;

describe('a first start with nothing set', () => {
  let server: Running;
  before(async () => {
    server = await serve();
  });

  test('says where it serves, last of all and in these words', () => {
    assert.match(
      server.stdout.at(-1) ?? '',
      /^countersign listening on 127\.0\.0\.1:(\d+), public URL http:\/\/localhost:\1$/,
    );
    assert.equal(server.stdout.length, 2);
  });

  test('serves there', async () => {
    const response = await fetch(`${server.url}/health/ready`);
    assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }]);
  });

  test('prints a password with which the administrator logs in', async () => {
    const [, name = '', password = ''] = announced.exec(server.stdout[0] ?? '') ?? [];
    const response = await fetch(`${server.url}/auth/password`, { headers: { Authorization: basic(name, password) } });
    assert.equal(response.status, 200);
  });

  test('issues tokens in the name of the address it really has', async () => {
    const [, name = '', password = ''] = announced.exec(server.stdout[0] ?? '') ?? [];
    const response = await fetch(`${server.url}/auth/password`, { headers: { Authorization: basic(name, password) } });
    const { token } = (await response.json()) as { token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iss: string };
    assert.equal(claims.iss, server.url);
  });

  test('makes the key ring and the database so that only their owner can read them', () => {
    const data = join(server.folder, 'data');
    assert.deepEqual(
      readdirSync(data).filter((name) => !/-(wal|shm)$/.test(name)),
      ['countersign.db', 'keys.json'],
    );
    for (const name of readdirSync(data)) assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name);
  });

  test('answers a request whose Host can not be read with a problem, and goes on', async () => {
    const answer = await rawly(server.url, 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /x-request-id: [0-9a-f]{32}\r\n/i);
    assert.match(answer, /cache-control: no-store\r\n/i);
    assert.match(answer, /"code":"invalid_request"/);
    assert.equal((await fetch(`${server.url}/health/live`)).status, 200);
  });

  test('keeps the address that a request came from', async () => {
    await fetch(`${server.url}/auth/password`, { headers: { Authorization: basic('nobody', 'wrong password') } });
    const database = new DatabaseSync(join(server.folder, 'data', 'countersign.db'));
    const row = database.prepare("select client_ip as ip from attempts where outcome = 'failed'").get();
    database.close();
    assert.match(String(row?.['ip']), /^(::ffff:)?127\.0\.0\.1$|^::1$/);
  });
});

onEachDatabase('a database that is there already', (kind) => {
  test('is served as it is: the administrator stays who they are and no password is printed', async () => {
    await using opened = await kind.bare();
    const folder = newFolder();
    const env = { COUNTERSIGN_DATABASE: opened.url, COUNTERSIGN_KEYS: join(folder, 'keys.json') };
    if (kind.flavour === 'postgres') {
      // Every node needs the same one, so none makes its own.
      assert.match(errorLineOf(await start(folder, env), 2), /no keys file .*countersign keys make$/);
      assert.equal((await countersign(['keys', 'make'], { folder, env })).code, 0);
    }
    const first = await serve({ folder, env });
    assert.match(first.stdout[0] ?? '', announced);
    await first.stop();
    const second = await serve({ folder, env: { ...env, COUNTERSIGN_ADMIN_PASSWORD: 'another one altogether' } });
    assert.deepEqual(second.stdout, [listeningLine(second.url)]);
    const headers = { Authorization: basic('admin', 'another one altogether') };
    assert.equal((await fetch(`${second.url}/auth/password`, { headers })).status, 401);
    await second.stop();
  });
});

test('what the environment says holds: the address, the administrator, who may register', async () => {
  const env = {
    COUNTERSIGN_HOST: '127.0.0.1',
    COUNTERSIGN_URL: 'https://login.example.com/',
    COUNTERSIGN_ADMIN_USERNAME: 'grace',
    COUNTERSIGN_ADMIN_PASSWORD: 'nobody prints this one',
    COUNTERSIGN_REGISTRATION: 'open',
  };
  // The address that is printed is the public one, so the port comes from elsewhere.
  const port = await freePort();
  const server = await serve({ env: { ...env, COUNTERSIGN_PORT: String(port) } });
  assert.deepEqual(server.stdout, [`countersign listening on 127.0.0.1:${port}, public URL https://login.example.com`]);
  const url = `http://127.0.0.1:${port}`;
  const headers = { Authorization: basic('grace', env.COUNTERSIGN_ADMIN_PASSWORD) };
  assert.equal((await fetch(`${url}/auth/password`, { headers })).status, 200);
  const body = JSON.stringify({ name: 'ada', password: 'a password of hers' });
  const made = await fetch(`${url}/users`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  assert.equal(made.status, 201);
  await server.stop();
});

describe('a start that can not be is refused in one line', { concurrency: 3 }, () => {
  test('a port in use, before anything is written', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(address !== null && typeof address === 'object');
    const folder = newFolder();
    const ended = await countersign(['serve'], { folder, env: { COUNTERSIGN_PORT: String(address.port) } });
    other.close();
    assert.match(errorLineOf(ended, 2), new RegExp(`port ${address.port} .* is in use.*COUNTERSIGN_PORT`));
    assert.equal(existsSync(join(folder, 'data')), false);
  });

  test('an address that is not of this machine', async () => {
    const env = { COUNTERSIGN_HOST: '192.0.2.1', COUNTERSIGN_PORT: '0' };
    assert.match(errorLineOf(await countersign(['serve'], { env }), 2), /192\.0\.2\.1 .*COUNTERSIGN_HOST/);
  });

  test('a key ring that others can read', async () => {
    const folder = await folderWithDatabase();
    chmodSync(join(folder, 'data', 'keys.json'), 0o640);
    assert.match(errorLineOf(await start(folder), 2), /other users can read the keys file .*keys\.json: run chmod 600/);
  });

  test('a key ring of another database', async () => {
    const [folder, other] = await Promise.all([folderWithDatabase(), folderWithDatabase()]);
    copyFileSync(join(other, 'data', 'keys.json'), join(folder, 'data', 'keys.json'));
    assert.match(errorLineOf(await start(folder), 2), /key ring does not match the database/);
  });

  test('a key ring that is gone, and none is made in its place', async () => {
    const folder = await folderWithDatabase();
    const env = { COUNTERSIGN_KEYS: join(folder, 'elsewhere.json') };
    assert.match(errorLineOf(await start(folder, env), 2), /elsewhere\.json is missing/);
    assert.equal(existsSync(env.COUNTERSIGN_KEYS), false);
  });

  test('a file that is not a valid key ring, without a word of what it holds', async () => {
    const folder = newFolder();
    const env = { COUNTERSIGN_KEYS: join(folder, 'keys.json') };
    writeFileSync(env.COUNTERSIGN_KEYS, '{"version": 1, "sealing": "hunter2hunter2"}', { mode: 0o600 });
    const said = errorLineOf(await start(folder, env), 2);
    assert.match(said, /is not a valid key ring/);
    assert.doesNotMatch(said, /hunter2/);
  });

  test('a database that a newer program has changed', async () => {
    const folder = await folderWithDatabase();
    const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
    database.prepare('insert into migrations (name, applied_at) values (?, 0)').run('9999-later');
    database.close();
    for (const command of ['serve', 'migrate']) {
      assert.match(errorLineOf(await start(folder, {}, command), 2), /newer than this program.*9999-later/);
    }
  });

  test('a file that is no database', async () => {
    const env = { COUNTERSIGN_DATABASE: `sqlite:${join(import.meta.dirname, '..', '..', 'package.json')}` };
    const untouched = readFileSync(env.COUNTERSIGN_DATABASE.slice(7));
    assert.match(errorLineOf(await start(newFolder(), env), 1), /the database reported: file is not a database/);
    assert.deepEqual(readFileSync(env.COUNTERSIGN_DATABASE.slice(7)), untouched);
  });

  test('a PostgreSQL that does not answer, without the password of its URL', async () => {
    const folder = newFolder();
    const env = { COUNTERSIGN_DATABASE: 'postgres://me:hunter2hunter2@127.0.0.1:1/name' };
    assert.equal((await countersign(['keys', 'make'], { folder, env })).code, 0);
    const said = errorLineOf(await start(folder, env), 1);
    assert.match(said, /the database reported: connect ECONNREFUSED/);
    assert.doesNotMatch(said, /hunter2/);
  });

  test("an administrator's password that everybody tries first", async () => {
    const env = { COUNTERSIGN_ADMIN_PASSWORD: 'password123' };
    assert.match(errorLineOf(await start(newFolder(), env), 2), /administrator's password was refused/);
  });
});

function start(folder: string, env: Readonly<Record<string, string>> = {}, command = 'serve') {
  return countersign([command], { folder, env: { COUNTERSIGN_PORT: '0', ...env } });
}

/** A folder with a database, and the key ring that belongs to it. */
async function folderWithDatabase(): Promise<string> {
  const folder = newFolder();
  const [database, keysFile] = [join(folder, 'data', 'countersign.db'), join(folder, 'data', 'keys.json')];
  const options = await createCountersign({
    database: `sqlite:${database}`,
    keysFile,
    url: 'http://localhost',
    hashCost: cheapCost,
  });
  await options.close();
  return folder;
}

async function rawly(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(request);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
