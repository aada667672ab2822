/**
 * Keys rotate while people log in, and nobody notices: servers as processes of their own, each with its own copy of the key ring, and logins with
 * second factors on all of them at once, whatever step the rotation is at. Each node stands for a machine: its file comes when the operator brings it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { hour } from '../../src/base/clock.ts';
import { readKeyFile, writeKeyFile } from '../../src/base/key-file.ts';
import { keyKinds, makeKeyRing, type AnyKey, type KeyKind, type KeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { countersign, outputOf, errorLineOf, newFolder } from '../../kit/process.ts';
import { request, startNode, text, type Node, type Said, type Sent } from '../../kit/running-nodes.ts';

type Scene = {
  readonly nodes: readonly Node[];
  /** Each node's own file of the ring. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ask: (at: number, method: string, path: string, sent?: Sent) => Promise<Said>;
};

/** One person who logs in again and again until they are told to stop. Whatever is refused fails the test. */
type Worker = { rounds: number };

async function addPerson({ ask }: Scene, name: string) {
  const device = `the device of ${name}, a long secret`;
  const password = `the secret of ${name}`;
  const json = { name, password, phone: '+12025550123' };
  const bearer = text(await ask(0, 'POST', '/users', { json }), 'token');
  await granted(ask(0, 'POST', '/users/me/secrets', { bearer, json: { type: 'device', secret: device } }));
  const key = await granted(ask(0, 'POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }));
  const app = await granted(ask(0, 'POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } }));
  const secret = Secret.fromBase32((app.json.secret as { secret: string }).secret);
  const token = new TOTP({ secret }).generate();
  const path = `/users/me/secrets/${text(app, 'uid')}/enroll`;
  const enrolled = await granted(ask(0, 'PUT', path, { bearer, json: { token } }));
  return { name, password, device, apikey: text(key, 'secret'), codes: enrolled.json.codes as string[] };
}

async function granted(asked: Promise<Said>): Promise<Said> {
  const said = await asked;
  assert.ok(said.status < 300, JSON.stringify(said));
  return said;
}

type LoggingIn = Awaited<ReturnType<typeof addPerson>>;

/** Begins at one node, answers at the next, and is known at all. The last recovery code pays for new ones. */
async function logInOnce({ ask, nodes }: Scene, person: LoggingIn, at: number): Promise<void> {
  const first = await ask(at, 'GET', '/auth/password', {
    basic: [person.name, person.codes.length === 1 ? person.password : person.device],
  });
  assert.equal(first.status, 302, JSON.stringify(first));
  const json = { challenge_token: text(first, 'challenge_token'), token: person.codes.shift() };
  const bearer = text(await granted(ask(at + 1, 'POST', '/auth/totp', { json })), 'token');
  for (const node of nodes.keys()) {
    const me = await granted(ask(node, 'GET', '/users/me', { bearer }));
    assert.equal(me.json.phone, '+12025550123');
  }
  await granted(ask(at, 'GET', '/auth/password', { basic: [person.name, person.apikey] }));
  if (person.codes.length > 0) return;
  // Only a person renews codes, so the password is what the last code comes after.
  const renewed = await granted(ask(at, 'POST', '/users/me/secrets/codes', { bearer }));
  person.codes.push(...(renewed.json.codes as string[]));
}

/** People who log in at once, and a way to wait until each has done so some times more. */
function underLoad(scene: Scene, people: readonly LoggingIn[]) {
  const workers: readonly Worker[] = people.map(() => ({ rounds: 0 }));
  const now = { going: true, failed: false };
  const work = async (worker: Worker, at: number) => {
    for (; now.going; worker.rounds += 1) await logInOnce(scene, people[at] ?? assert.fail(), worker.rounds + at);
  };
  const ended = Promise.all(workers.map(work));
  ended.catch(() => (now.failed = true));
  return {
    async moreRounds(): Promise<void> {
      const until = workers.map(({ rounds }) => rounds + 2);
      while (!now.failed && workers.some(({ rounds }, at) => rounds < (until[at] ?? 0))) await setImmediate();
      if (now.failed) await ended;
    },
    async stop(): Promise<void> {
      now.going = false;
      await ended;
    },
  };
}

async function openScene(on: TestDatabase) {
  const opened = await on.bare();
  const ring = makeKeyRing(systemRandom);
  // SQLite is for one node.
  const files = (on.flavour === 'sqlite' ? ['one'] : ['one', 'other']).map(() => join(newFolder(), 'keys.json'));
  for (const file of files) writeKeyFile(file, ring, systemRandom);
  const log = { COUNTERSIGN_LOG_LEVEL: 'info' };
  const nodes = await Promise.all(files.map((file) => startNode(opened.url, file, log)));
  const env = { COUNTERSIGN_DATABASE: opened.url, COUNTERSIGN_KEYS: files[0] ?? '' };
  const ask: Scene['ask'] = (at, method, path, sent = {}) =>
    request(nodes[at % nodes.length]?.url ?? assert.fail(), method, path, sent);
  return { nodes, files, env, ask, opened, ring };
}

const ringIn = (file: string): KeyRing => readKeyFile(file) ?? assert.fail('the ring is gone');

/** Sets when keys become active: so time goes by as the test wants, and nobody waits for it. */
function become(file: string, kinds: readonly KeyKind[], activeFrom: number): void {
  const ring = ringIn(file);
  for (const key of kinds.flatMap((kind): readonly AnyKey[] => ring[kind]))
    if (key.active_from !== undefined) key.active_from = new Date(activeFrom).toISOString();
  writeFileSync(file, JSON.stringify(ring));
}

/** Waits until a node has a ring in which a key stands so. */
const knows = ({ running }: Node, key: string) => running.logged(new RegExp(`"${key}".*key ring reloaded`));

onEachDatabase('keys rotate while people log in', (on) => {
  // Many processes: a machine that is busy with others takes its time.
  const options = { timeout: 180_000 };
  test('and no login fails; afterwards nothing is under the old sealing key', options, async () => {
    const { opened, ring, ...at } = await openScene(on);
    const keys = (...args: readonly string[]) => countersign(['keys', ...args], { env: at.env });
    const [file = ''] = at.files;
    const [sealing, mac, signing] = [ring.sealing[0]?.id ?? '', ring.mac[0]?.id ?? '', ring.signing[0]?.id ?? ''];
    const early = await addPerson(at, 'early');
    const keeps = await granted(at.ask(0, 'GET', '/auth/password', { basic: [early.name, early.apikey] }));
    const people = await Promise.all(['ada', 'bea', 'cy'].map((name) => addPerson(at, name)));
    const load = underLoad(at, people);

    // One node has the next keys, the other not yet.
    outputOf(await keys('rotate'));
    const next = ringIn(file).sealing[1]?.id ?? '';
    await knows(at.nodes[0] ?? assert.fail(), `${next} next`);
    await load.moreRounds();

    // Somebody breaks the file.
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    await at.nodes[0]?.running.logged(/key ring not reloaded/);
    await load.moreRounds();
    writeFileSync(file, whole);

    // All nodes have them; then one after the other makes values with them.
    for (const other of at.files.slice(1)) writeFileSync(other, whole);
    for (const node of at.nodes) await knows(node, `${next} next`);
    const { json: jwks } = await at.ask(0, 'GET', '/.well-known/jwks.json');
    const verifying = createLocalJWKSet(jwks as unknown as JSONWebKeySet);
    for (const [index, node] of at.nodes.entries()) {
      become(at.files[index] ?? '', keyKinds, Date.now());
      await knows(node, `${next} active`);
      await load.moreRounds();
    }

    // What a verifier fetched before the new key signed anything is enough.
    const fresh = await granted(at.ask(0, 'GET', '/auth/password', { basic: [early.name, early.apikey] }));
    const { protectedHeader } = await jwtVerify(text(fresh, 'token'), verifying);
    assert.equal(protectedHeader.kid, ringIn(file).signing[1]?.id);

    assert.match(outputOf(await keys('reseal')), /^sealed \d+ values with the key /);
    await load.moreRounds();
    assert.match(outputOf(await keys('list')), new RegExp(`^sealing  ${sealing} retired .* values=0$`, 'm'));
    // Two of the keys have been retired for longer than a node may be behind.
    become(file, ['sealing', 'mac'], Date.now() - hour);
    outputOf(await keys('retire', sealing));
    for (const other of at.files.slice(1)) writeFileSync(other, readFileSync(file));
    for (const node of at.nodes) await node.running.logged(new RegExp(`"sealing":\\["${next} active"\\]`));
    await load.moreRounds();
    await load.stop();

    assert.match(
      errorLineOf(await keys('retire', mac), 1),
      /still used and stays: .*attempts\.hash \d+.*inside authenticators/,
    );
    assert.match(errorLineOf(await keys('retire', signing), 1), /was retired at .*: wait until/);
    for (const node of at.nodes.keys())
      await granted(at.ask(node, 'GET', '/users/me', { bearer: text(keeps, 'token') }));
    for (const { name } of await opened.db.introspection.getTables()) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(opened.db);
      assert.ok(!JSON.stringify(rows).includes(sealing), name);
    }
    outputOf(await countersign(['attempts', 'verify'], { env: at.env }));
    const expected = /"level":"info"|no gateway sends on these channels|key ring not reloaded/;
    for (const node of at.nodes) await node.stop(expected);
    await opened[Symbol.asyncDispose]();
  });
});
