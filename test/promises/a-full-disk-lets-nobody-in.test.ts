/**
 * SQLite's file can't grow any more. What can't be written down does not happen: no login, no code spent, no guess that is not counted; and
 * when there is room again everything goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { startServer, type Answer, type Server } from '../../kit/server.ts';

async function pragma(server: Server, said: string): Promise<unknown> {
  const { rows } = await sql.raw<object>(`pragma ${said}`).execute(server.countersign.context.store.db);
  return Object.values(rows[0] ?? {})[0];
}

/** As on a disk that is full: no page can be had, and those that there are hold no more attempts. */
async function fillDisk(server: Server): Promise<void> {
  await pragma(server, `max_page_count = ${String(await pragma(server, 'page_count'))}`);
  for (let turn = 0; turn < 1000; turn += 1) {
    const lines = server.lines.length;
    const { status } = await server.call('GET', '/auth/password', { basic: [`passer-by ${turn}`, 'x'], breaks: true });
    assert.ok(status === 401 || status === 503, String(status));
    if (status === 503 || server.lines.slice(lines).some(({ level }) => level === 'error')) return;
  }
  assert.fail('the disk is never full');
}

const makeRoom = (server: Server) => pragma(server, 'max_page_count = 4294967294');

const answer = (server: Server, challenge: string, token: string): Promise<Answer> =>
  server.call('POST', '/auth/totp', { json: { challenge_token: challenge, token }, breaks: true });

test('a right code opens nothing and is not spent, and opens once when there is room', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  const challenge = await server.challenge(ada);
  const code = server.code(app);
  await fillDisk(server);
  const { status, text } = await answer(server, challenge, code);
  assert.equal(status, 503, text);
  assert.doesNotMatch(text, /"token"/);
  await makeRoom(server);
  assert.equal((await answer(server, challenge, code)).status, 200);
  assert.equal((await answer(server, await server.challenge(ada), code)).status, 401);
  assert.equal(await pragma(server, 'integrity_check'), 'ok');
});

test('guesses are counted or not looked at', async () => {
  await using server = await startServer();
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  const challenge = await server.challenge(ada);
  await fillDisk(server);
  const statuses: number[] = [];
  for (let turn = 0; turn < 20; turn += 1)
    statuses.push((await answer(server, challenge, server.wrongCode(app))).status);
  assert.ok(statuses.filter((status) => status === 401).length <= 5, statuses.join());
  assert.ok(
    statuses.every((status) => [401, 429, 503].includes(status)),
    statuses.join(),
  );
  await makeRoom(server);
  assert.equal(await pragma(server, 'integrity_check'), 'ok');
});
