/**
 * An address gets twenty notices a day, and those that are left in one message when the day is over. None is dropped, none takes from what a
 * login needs, and the notices of one user keep no other user's waiting.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute, second } from '../../src/base/clock.ts';
import { success } from '../../src/base/outcome.ts';
import { sendNotices } from '../../src/engine/operations.ts';
import { declined, type Gateway, type Message } from '../../src/messages/message.ts';
import { findUser } from '../../src/store/users.ts';
import { writeNotice } from '../../src/store/notices.ts';
import type { Store } from '../../src/store/store.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { newestCode, bodyOf } from '../../kit/doors.ts';
import { atOnce, startEngine } from '../../kit/test-engine.ts';
import { member, startServer, type Person, type Server } from '../../kit/server.ts';

const address = 'ada@example.org';

/** Changes somebody's factors so many times; each change is a notice. */
async function change({ call }: Server, { token: bearer }: Pick<Person, 'token'>, times: number): Promise<void> {
  let made: string | undefined;
  for (let at = 0; at < times; at += 1) {
    if (made === undefined) {
      made = member(await call('POST', '/users/me/secrets', { bearer, json: { type: 'apikey' } }), 'uid');
    } else {
      assert.equal((await call('DELETE', `/users/me/secrets/${made}`, { bearer })).status, 204);
      made = undefined;
    }
  }
}

/** What a server does for so long: it looks for notices every five seconds. */
async function pass({ countersign, clock }: Pick<Server, 'countersign' | 'clock'>, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await sendNotices(countersign.context);
    clock.tick(5 * second);
  }
}

const bodies = ({ sent }: Pick<Server, 'sent'>, to = address) =>
  sent.filter((message) => message.to === to && message.code === undefined).map(({ body }) => body);

/** How many notices wait, those that one row counts among them. */
const waitingIn = async ({ db }: Store) =>
  (await db.selectFrom('notices').select('count').execute()).reduce((sum, { count }) => sum + count, 0);

const waiting = ({ countersign }: Server) => waitingIn(countersign.context.store);

/** A server whose mail server is in trouble for as long as it is told to be, with notices for Ada. */
async function troubled(on: TestDatabase, notices: number) {
  const seen: Message[] = [];
  const now = { isBroken: false };
  const mail: Gateway = {
    name: 'mail',
    channels: ['email'],
    async send(message) {
      seen.push(message);
      return now.isBroken ? declined('gateway_failed', 'as the test wants it') : success(undefined);
    },
  };
  const engine = await startEngine(on, { gateways: [mail] });
  const user = await engine.addUser({ name: 'ada', email: address });
  const write = async (name: string, count: number) => {
    for (let at = 0; at < count; at += 1)
      await writeNotice(engine.ctx.store, user, { attempt: `${name} ${at}`, name: 'factor_added' }, engine.clock.now());
  };
  await write('notice', notices);
  const left = () => waitingIn(engine.ctx.store);
  const round = () => sendNotices(engine.ctx);
  return { ...engine, mail, seen, now, left, round, write };
}

onEachDatabase('notices are limited', (on) => {
  test('of 120 notices in a day twenty are sent, and one message with the others when it is over', async () => {
    await using server = await startServer({ on });
    const mallory = await server.addPerson('mallory', { email: address });
    const first = server.clock.now();
    await change(server, mallory, 60);
    await pass(server, 10);
    assert.equal(bodies(server).length, 20);
    await change(server, { token: await server.logIn(mallory) }, 60);
    await pass(server, 10);
    server.clock.set(first + day - 1);
    await pass(server, 1);
    assert.equal(bodies(server).length, 20);
    assert.equal(await waiting(server), 100);
    server.clock.set(first + day);
    await pass(server, 3);
    assert.equal(bodies(server).length, 21);
    for (const deed of ['added to', 'removed from'])
      assert.ok(bodies(server).at(-1)?.includes(`was ${deed} your account at Countersign (50 ×, mallory, apikey)`));
    assert.equal(await waiting(server), 0);
  });

  test('after the day notices are sent by themselves again', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada', { email: address });
    await change(server, ada, 22);
    await pass(server, 2);
    server.clock.tick(day);
    await pass(server, 1);
    await change(server, { token: await server.logIn(ada) }, 1);
    await pass(server, 1);
    assert.deepEqual([bodies(server).length, await waiting(server)], [22, 0]);
    assert.match(bodies(server).at(-1) ?? '', /^On /);
  });

  test('users with one address share its twenty, in whatever letters it is written', async () => {
    await using server = await startServer({ on });
    for (const [at, email] of ['ada@example.org', 'ADA@example.org', 'Ada@example.org'].entries())
      await change(server, await server.addPerson(`ada ${at}`, { email }), 10);
    await pass(server, 5);
    assert.equal(server.sent.length, 20);
    server.clock.tick(day);
    await pass(server, 3);
    assert.equal(server.sent.length, 21);
    const counts = [...(server.sent.at(-1)?.body.matchAll(/(?:(\d+) ×, )?ada \d/g) ?? [])];
    assert.equal(
      counts.reduce((sum, [, count = '1']) => sum + Number(count), 0),
      10,
    );
  });

  test("twenty notices use up no code of a login, and wait for no login's code", async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada', { email: address });
    const begun = await server.call('PUT', '/mfa/email/request', { bearer: ada.token, json: {} });
    assert.equal(begun.status, 200, begun.text);
    await change(server, ada, 20);
    await server.call('PUT', '/mfa/email/verify', { bearer: ada.token, json: { mfa_code: newestCode(server) } });
    await pass(server, 4);
    assert.equal(bodies(server).length, 20);
    const json = { username: 'ada', password: ada.password };
    assert.equal(bodyOf(await server.call('POST', '/mfa/authtoken/login', { json }))['mfa_required'], true);
    assert.notEqual(server.sent.at(-1)?.code, undefined);
  });

  test("a user's notice goes out at once, however many another one's are waiting", async () => {
    await using server = await startServer({ on });
    const { store } = server.countersign.context;
    const mallory = await server.addPerson('mallory');
    const user = (await findUser(store, mallory.uid)) ?? assert.fail();
    for (let at = 0; at < 300; at += 1) {
      // To addresses that differ, which no share of one address holds back.
      const told = { ...user, email: `${at}@example.org` };
      await writeNotice(store, told, { attempt: `notice ${at}`, name: 'mfa_disabled' }, server.clock.now());
    }
    const victim = await server.addPerson('victim', { email: address });
    server.clock.tick(second);
    await change(server, victim, 1);
    await pass(server, 1);
    assert.equal(bodies(server).length, 1);
    assert.ok(server.sent.length <= 20);
  });

  test('two nodes at once send twenty, and one message with the others', async () => {
    const { mail, seen, left, ...engine } = await troubled(on, 50);
    await using _ = engine;
    const nodes = [engine, await engine.node({ gateways: [mail] })];
    const tell = () => atOnce(6, (at) => sendNotices((nodes[at % 2] ?? engine).ctx));
    for (let round = 0; round < 5; round += 1) await tell();
    assert.equal(seen.length, 20);
    engine.clock.tick(day);
    const sent = await tell();
    assert.equal(
      sent.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.deepEqual([seen.length, await left()], [21, 0]);
  });

  test('a mail server that fails uses up one share a notice, not one a try', async () => {
    const { seen, now, left, round, ...engine } = await troubled(on, 15);
    await using _ = engine;
    now.isBroken = true;
    for (let tries = 0; tries < 3; tries += 1) {
      assert.equal(await round(), 0);
      engine.clock.tick(10 * minute);
    }
    assert.equal(seen.length, 45);
    now.isBroken = false;
    assert.equal(await round(), 15);
    assert.equal(await left(), 0);
  });

  test('a digest that no gateway takes is tried again as one message, and given up like a notice', async () => {
    const { seen, now, left, round, write, ...engine } = await troubled(on, 25);
    await using _ = engine;
    for (let at = 0; at < 2; at += 1) await round();
    engine.clock.tick(day);
    now.isBroken = true;
    for (let tries = 1; tries <= 12; tries += 1) {
      assert.equal(await left(), 5);
      assert.equal(await round(), 0);
      assert.equal(seen.length, 20 + tries);
      assert.match(seen.at(-1)?.body ?? '', /5 ×, ada/);
      engine.clock.tick(1024 * minute);
    }
    assert.equal(await left(), 0);
    now.isBroken = false;
    await write('later', 1);
    assert.equal(await round(), 1);
  });

  test('notices that are put off are one row for each kind, however many there are', async () => {
    const { seen, left, round, write, ...engine } = await troubled(on, 30);
    await using _ = engine;
    for (let again = 0; again < 3; again += 1) {
      for (let at = 0; at < 2; at += 1) await round();
      engine.clock.tick(minute);
      await write(`more ${again}`, 10);
    }
    await round();
    const rows = await engine.ctx.store.db.selectFrom('notices').select('count').execute();
    assert.deepEqual([seen.length, await left(), rows.length], [20, 40, 1]);
    engine.clock.tick(day);
    assert.equal(await round(), 1);
    assert.match(seen.at(-1)?.body ?? '', /2026-11-21 12:00 – 2026-11-21 12:03 UTC: .* \(40 ×, ada\)/);
  });

  test('notices that an older program wrote are put off too', async () => {
    const { seen, left, round, ...engine } = await troubled(on, 25);
    await using _ = engine;
    await engine.ctx.store.db.updateTable('notices').set({ destination: null }).execute();
    for (let at = 0; at < 2; at += 1) await round();
    assert.deepEqual([seen.length, await left()], [20, 5]);
    engine.clock.tick(day);
    assert.equal(await round(), 1);
    assert.deepEqual([seen.length, await left()], [21, 0]);
    assert.match(seen.at(-1)?.body ?? '', /5 ×, ada/);
  });
});
