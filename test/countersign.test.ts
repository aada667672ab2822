/** The server as a library: what its options open, and what it gives to the program around it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { minute } from '../src/base/clock.ts';
import { SetupError } from '../src/base/fault.ts';
import { createHasher } from '../src/base/hasher.ts';
import { changeKeyFile, writeKeyFile } from '../src/base/key-file.ts';
import { activeKey, keyKinds, makeKeyRing } from '../src/base/keys.ts';
import { systemRandom } from '../src/base/random.ts';
import { withNextKeys } from '../src/base/rotation.ts';
import { createCountersign } from '../src/countersign.ts';
import { doorNames } from '../src/http/doors/index.ts';
import { pendingMigrations } from '../src/store/migrate.ts';
import { clockAt } from '../kit/clock.ts';
import { onEachDatabase } from '../kit/databases.ts';
import { cheapCost } from '../kit/hasher.ts';
import { startServer, type Server } from '../kit/server.ts';

/** A route of each door, and of the server. */
const places = {
  'self-service': '/mfa',
  secrets: '/auth/password',
  accounts: '/v2/security',
  challenges: '/forward-auth',
} as const;

const isThere = async (server: Server, path: string) => (await server.call('GET', path)).status !== 404;

for (const name of doorNames)
  test(`of the doors only that of ${name} is open where only it is named`, async () => {
    await using server = await startServer({ doors: [name, 'secrets'] });
    for (const [door, path] of Object.entries(places))
      assert.equal(await isThere(server, path), door === name || door === 'secrets', path);
    for (const path of ['/sessions', '/health/live', '/.well-known/jwks.json', '/openapi.json'])
      assert.equal(await isThere(server, path), true, path);
    const { paths } = (await server.call('GET', '/openapi.json')).json as { paths: object };
    assert.equal(Object.keys(paths).includes('/challenges'), name === 'challenges', 'it describes what is open');
  });

test('all doors are open where none is named', async () => {
  await using server = await startServer();
  for (const path of Object.values(places)) assert.equal(await isThere(server, path), true, path);
});

test('a service of this process needs no door and no key', async () => {
  await using server = await startServer({ doors: ['secrets'] });
  const shop = await server.countersign.service('shop');
  const again = await server.countersign.service('shop', 'root');
  assert.equal(again.id, shop.id);
  assert.deepEqual(await shop.challenges.create({ user: { uid: server.admin.uid } }), {
    ok: true,
    value: { state: 'not_required' },
  });
});

test('of eight at once that want the same service, all get it', async () => {
  await using server = await startServer();
  const all = await Promise.all(Array.from({ length: 8 }, () => server.countersign.service('shop')));
  assert.equal(new Set(all.map(({ id }) => id)).size, 1);
});

test('nobody becomes a service who is something else', async () => {
  await using server = await startServer();
  await server.addPerson('ada');
  await assert.rejects(server.countersign.service('ada'), SetupError);
  await assert.rejects(server.countersign.service('shop', 'mars'), SetupError);
});

test('a service of this process is no session', async () => {
  await using server = await startServer();
  const { sessions } = await server.countersign.service('shop');
  const listed = await sessions.list();
  assert.deepEqual([listed.ok, !listed.ok && listed.code], [false, 'invalid_token']);
});

test('a fault inside the process is a refusal without details, as it is outside', async () => {
  await using server = await startServer();
  const shop = await server.countersign.service('shop');
  await server.countersign.context.store.db.schema.dropTable('challenges').execute();
  const read = await shop.challenges.read('0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee');
  assert.deepEqual([!read.ok && read.status, !read.ok && read.code], [500, 'internal_error']);
});

test('below a path of somebody else’s host it says so', async () => {
  await using server = await startServer({ url: 'https://shop.example/mfa/' });
  const ada = await server.addPerson('ada');
  await server.addApp(ada);
  const answer = await server.call('POST', '/auth/password', { basic: [ada.name, ada.password] });
  assert.match(answer.headers.get('location') ?? '', /^\/mfa\/auth\/totp\?jwt_token=/);
  const { redirectUri } = server.countersign.context.settings;
  assert.equal(redirectUri, 'https://shop.example/mfa/duo/callback');
});

test('as many passwords are hashed at a time as it is told to', async (on) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-keys-'));
  on.after(() => rmSync(folder, { recursive: true }));
  const keysFile = join(folder, 'keys.json');
  const options = { database: 'sqlite::memory:', keysFile, url: 'https://house.example', hashCost: cheapCost };
  const fixture = await createCountersign({ ...options, hashing: 1 });
  const slow = await createHasher({ memory: 8192, passes: 4, lanes: 1 }).hash('one');
  const fast = await fixture.context.hasher.hash('two');
  const ended: string[] = [];
  const verify = async (name: string, phc: string) => (
    await fixture.context.hasher.verify(phc, name),
    ended.push(name)
  );
  await Promise.all([verify('one', slow), verify('two', fast)]);
  assert.deepEqual(ended, ['one', 'two']);
  await fixture.close();
});

test('maintenance follows the file of the key ring', async (on) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-keys-'));
  on.after(() => rmSync(folder, { recursive: true }));
  const [clock, keysFile] = [clockAt('2026-11-21T12:00:00Z'), join(folder, 'keys.json')];
  const options = { database: 'sqlite::memory:', keysFile, url: 'https://house.example', clock, hashCost: cheapCost };
  const fixture = await createCountersign(options);
  const published = async () => {
    const answer = await fixture.fetch(new Request('https://house.example/.well-known/jwks.json'));
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const before = fixture.keys();
  const { signing } = changeKeyFile(keysFile, (ring) =>
    withNextKeys(ring, keyKinds, clock.now() + minute, systemRandom),
  );
  assert.equal(fixture.keys(), before);
  await fixture.maintain();
  assert.deepEqual(
    await published(),
    signing.map(({ id }) => id),
  );
  assert.equal(activeKey(fixture.keys().signing).id, signing[0]?.id);
  clock.tick(minute);
  assert.equal(activeKey(fixture.keys().signing).id, signing[1]?.id);
  await fixture.close();
});

test('maintenance tells people what changed and forgets what is over', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  const app = await server.addApp(ada);
  await server.challenge(ada);
  assert.equal((await server.rows())['challenges']?.length, 1);
  server.clock.tick(90 * minute);
  await server.countersign.maintain();
  assert.deepEqual(
    server.sent.map(({ to }) => to),
    ['ada@example.org'],
  );
  assert.deepEqual((await server.rows())['challenges'], []);
  assert.equal(app.codes.length, 10);
});

const spoiled: readonly (readonly [what: string, spoil: (file: string) => void, said: RegExp])[] = [
  ['is missing', (file) => rmSync(file), /keys file .*(?:is missing|countersign keys make)/],
  ['other users can read', (file) => chmodSync(file, 0o644), /other users can read the keys file/],
  ['is not valid', (file) => writeFileSync(file, '{}'), /is not a valid key ring/],
];

onEachDatabase('a start with a key ring', (database) => {
  for (const [what, spoil, said] of spoiled)
    test(`that ${what} leaves the database of the last version as it was`, async (on) => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-test-keys-'));
      on.after(() => rmSync(folder, { recursive: true }));
      const keysFile = join(folder, 'keys.json');
      writeKeyFile(keysFile, makeKeyRing(systemRandom), systemRandom);
      await using opened = await database.bare();
      const options = { database: opened.url, keysFile, url: 'https://house.example', hashCost: cheapCost };
      await (await createCountersign(options)).close();
      await opened.db.schema.dropTable('prompts').execute();
      await opened.db.deleteFrom('migrations').where('name', '=', '0010-prompts').execute();

      spoil(keysFile);
      await assert.rejects(createCountersign(options), said);
      assert.deepEqual((await pendingMigrations(opened)).missing, ['0010-prompts']);
    });
});
