/**
 * Two servers, each a process of its own, over one PostgreSQL database: what is spent on one is spent on the other, and what ends on one
 * is over on the other. Nothing is controlled here, neither the clock nor chance.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { writeKeyFile } from '../../src/base/key-file.ts';
import { makeKeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { onEachDatabase, type Opened } from '../../kit/databases.ts';
import { newFolder } from '../../kit/process.ts';
import { request, startNode, text, type Node, type Said, type Sent } from '../../kit/running-nodes.ts';

const uses = 64;
const administrator = ['admin', 'the first of them all'] as const;

onEachDatabase('two nodes', (on) => {
  // SQLite has one writer and is for one node.
  if (on.flavour === 'sqlite') return;

  const started: { opened?: Opened; nodes: readonly Node[] } = { nodes: [] };

  before(async () => {
    const opened = await on.bare();
    started.opened = opened;
    const keys = join(newFolder(), 'keys.json');
    writeKeyFile(keys, makeKeyRing(systemRandom), systemRandom);
    // At once: both find an empty database.
    const more = { COUNTERSIGN_ADMIN_PASSWORD: administrator[1] };
    started.nodes = await Promise.all([startNode(opened.url, keys, more), startNode(opened.url, keys, more)]);
  });

  after(async () => {
    await Promise.all(started.nodes.map((node) => node.stop()));
    await started.opened?.[Symbol.asyncDispose]();
  });

  /** Asks one of the nodes, each in its turn. */
  const ask = (at: number, method: string, path: string, sent: Sent = {}) =>
    request(started.nodes[at % started.nodes.length]?.url ?? assert.fail('no node'), method, path, sent);

  /** A user with an app and a device secret, which logs in without a slow hash. */
  async function person(name: string) {
    const device = `the device of ${name}, a long secret`;
    const registered = await ask(0, 'POST', '/users', { json: { name, password: `the secret of ${name}` } });
    assert.equal(registered.status, 201, JSON.stringify(registered.json));
    const bearer = text(registered, 'token');
    const made = await ask(1, 'POST', '/users/me/secrets', { bearer, json: { type: 'device', secret: device } });
    assert.equal(made.status, 200, JSON.stringify(made.json));
    const app = await enrol(bearer);
    const challenge = async (at: number) =>
      text(await ask(at, 'GET', '/auth/password', { basic: [name, device] }), 'challenge_token');
    return { name, password: `the secret of ${name}`, bearer, challenge, ...app };
  }

  async function enrol(bearer: string) {
    const pending = await ask(0, 'POST', '/users/me/secrets', { bearer, json: { type: 'mfa' } });
    const secret = Secret.fromBase32((pending.json.secret as { secret: string }).secret);
    const code = (steps = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
    // The next step's code is taken too (RFC 6238 section 5.2); the present one is spent by the enrolment.
    const next = () => code(1);
    const path = `/users/me/secrets/${text(pending, 'uid')}/enroll`;
    const enrolled = await ask(1, 'PUT', path, { bearer, json: { token: code() } });
    assert.equal(enrolled.status, 200, JSON.stringify(enrolled.json));
    return { code: next, codes: enrolled.json.codes as string[] };
  }

  const challenges = (make: (at: number) => Promise<string>) =>
    Promise.all(Array.from({ length: uses }, (_, at) => make(at)));

  /** Sends the same code over all the challenges at once, every other one to the other node. */
  async function race(over: readonly string[], token: string): Promise<readonly Said[]> {
    return Promise.all(
      over.map((challenge, at) => ask(at, 'POST', '/auth/totp', { json: { token, challenge_token: challenge } })),
    );
  }

  function assertOneWon(said: readonly Said[]): void {
    assert.equal(said.length, uses);
    const winners = said.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1, JSON.stringify(said.map(({ status }) => status)));
    for (const { status, json } of said) {
      assert.ok(status === 200 || status === 401 || status === 429, JSON.stringify(json));
      assert.equal('token' in json, status === 200);
    }
  }

  test('of 64 simultaneous uses of one code over one challenge exactly one wins', async () => {
    const ada = await person('ada');
    const challenge = await ada.challenge(0);
    assertOneWon(await race(Array<string>(uses).fill(challenge), ada.code()));
  });

  test('of 64 simultaneous uses of one code over as many challenges exactly one wins', async () => {
    const bob = await person('bob');
    assertOneWon(await race(await challenges(bob.challenge), bob.code()));
  });

  test('of 64 simultaneous uses of one recovery code exactly one wins', async () => {
    const cy = await person('cy');
    const [recovery = ''] = cy.codes;
    assertOneWon(await race(await challenges(cy.challenge), recovery));
    const [other] = await race([await cy.challenge(0)], recovery);
    assert.notEqual(other?.status, 200);
  });

  test('a session that ends on one node is refused at once on the other', async () => {
    const dan = await person('dan');
    for (const at of [0, 1]) assert.equal((await ask(at, 'GET', '/users/me', { bearer: dan.bearer })).status, 200);
    assert.equal((await ask(0, 'DELETE', '/sessions/current', { bearer: dan.bearer })).status, 204);
    for (const at of [1, 0]) assert.equal((await ask(at, 'GET', '/users/me', { bearer: dan.bearer })).status, 401);
  });

  test('enrolling on one node ends the other sessions on the other node', async () => {
    const eve = { name: 'eve', password: 'the secret of eve' };
    const first = text(await ask(0, 'POST', '/users', { json: eve }), 'token');
    const second = text(await ask(1, 'GET', '/auth/password', { basic: [eve.name, eve.password] }), 'token');
    assert.equal((await ask(0, 'GET', '/users/me', { bearer: second })).status, 200);
    await enrol(first);
    for (const at of [0, 1]) {
      assert.equal((await ask(at, 'GET', '/users/me', { bearer: second })).status, 401);
      assert.equal((await ask(at, 'GET', '/users/me', { bearer: first })).status, 200);
      assert.equal((await ask(at, 'GET', '/auth/password', { basic: [eve.name, eve.password] })).status, 302);
    }
  });

  test('a key with manage writes nothing on one node once its maker was demoted on the other', async () => {
    const admin = text(await ask(0, 'GET', '/auth/password', { basic: administrator }), 'token');
    const password = 'the secret of the boss';
    for (let round = 0; round < 4; round += 1) {
      const name = `boss ${round}`;
      const data = { username: name, password, roles: ['admin'] };
      const made = await ask(0, 'PUT', '/v2/accounts/root/users', { bearer: admin, json: { data } });
      const { id } = made.json['data'] as { id: string };
      const bearer = text(await ask(0, 'GET', '/auth/password', { basic: [name, password] }), 'token');
      const json = { type: 'apikey', scope: 'manage' };
      const key = text(await ask(1, 'POST', '/users/me/secrets', { bearer, json }), 'secret');
      const session = text(await ask(1, 'GET', '/auth/password', { basic: [name, key] }), 'token');
      let isDemoted = false;
      let written = 0;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let at = 0; ; at += 1) {
          const isLate = isDemoted;
          const newcomer = { name: `person ${round} ${writer} ${at}` };
          const { status } = await ask(1, 'POST', '/users', { bearer: session, json: newcomer });
          if (status === 401) return;
          assert.deepEqual([status, isLate], [201, false]);
          written += 1;
        }
      });
      const path = `/v2/accounts/root/users/${id}`;
      const demoted = await ask(0, 'PATCH', path, { bearer: admin, json: { data: { roles: ['user'] } } });
      assert.equal(demoted.status, 200, JSON.stringify(demoted.json));
      isDemoted = true;
      await Promise.all(writers);
      const listed = await ask(0, 'GET', '/users?limit=500', { bearer: admin });
      const people = listed.json as unknown as { name: string }[];
      assert.equal(people.filter((one) => one.name.startsWith(`person ${round} `)).length, written);
      assert.equal((await ask(1, 'GET', '/auth/password', { basic: [name, key] })).status, 401);
    }
  });

  test('guesses on one node are counted on the other', async () => {
    const fay = await person('fay');
    const guess = async (at: number, secret: string) =>
      (await ask(at, 'GET', '/auth/password', { basic: ['fay', secret] })).status;
    for (let at = 0; at < 5; at += 1) assert.equal(await guess(at, `guess ${at}`), 401);
    assert.deepEqual([await guess(0, fay.password), await guess(1, fay.password)], [429, 429]);
  });
});
