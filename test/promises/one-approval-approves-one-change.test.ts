/**
 * A challenge that a service's user has passed approves one change of their factors: of any number of changes that name it at once, on one
 * node or two, one is made.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../src/base/clock.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { twoNodes, type Ask } from '../../kit/nodes.ts';
import { member, type Server } from '../../kit/server.ts';

type Change = (call: Ask) => ReturnType<Ask>;

/**
 * A user of a service's application with two factors, two that wait for their codes, and a challenge that they have passed. With one factor
 * alone its removal would leave a user who needs no approval for the next.
 */
async function approved(server: Server) {
  const { key: bearer } = await addService(server, 'root', 'shop');
  const ask = async (method: string, path: string, json?: object) => {
    const answer = await server.call(method, path, { bearer, ...(json && { json }) });
    assert.ok(answer.status < 300, `${answer.asked} ${answer.text}`);
    return answer;
  };
  await ask('PUT', '/users/42', {});
  const begun = await ask('POST', '/users/42/factors', { type: 'totp' });
  const app = { id: member(begun, 'id'), seed: member(begun, 'secret') };
  await ask('POST', `/users/42/factors/${app.id}/confirm`, { code: server.code(app, -1) });
  const passed = async () => {
    const id = member(await ask('POST', '/challenges', { user: { name: '42' } }), 'id');
    await ask('POST', `/challenges/${id}/verify`, { code: server.code(app) });
    server.clock.tick(30 * second);
    return id;
  };
  const first = await passed();
  const email = await ask('POST', '/users/42/factors', { type: 'email', email: 'a@example.org', challenge_id: first });
  const code = server.sent.at(-1)?.code ?? assert.fail('no code was sent');
  await ask('POST', `/users/42/factors/${member(email, 'id')}/confirm`, { code, challenge_id: first });
  const challenge_id = await passed();
  const other = await ask('POST', '/users/42/factors', { type: 'totp', challenge_id });
  const number = await ask('POST', '/users/42/factors', { type: 'sms', phone_number: '+14155552671', challenge_id });
  const sent = server.sent.at(-1)?.code ?? assert.fail('no code was sent');
  const confirm =
    (id: string, response: string): Change =>
    (call) =>
      call('POST', `/users/42/factors/${id}/confirm`, { bearer, json: { code: response, challenge_id } });
  const waiting = { id: member(other, 'id'), seed: member(other, 'secret') };
  return {
    bearer,
    confirmsApp: confirm(waiting.id, server.code(waiting)),
    confirmsNumber: confirm(member(number, 'id'), sent),
    removes: ((call) =>
      call('DELETE', `/users/42/factors/${app.id}?challenge_id=${challenge_id}`, { bearer })) satisfies Change,
    renews: ((call) => call('POST', '/users/42/recovery-codes', { bearer, json: { challenge_id } })) satisfies Change,
  };
}

const pairs = {
  'two confirmations of different factors': ['confirmsApp', 'confirmsNumber'],
  'a confirmation and a removal': ['confirmsApp', 'removes'],
  'a confirmation and new recovery codes': ['confirmsNumber', 'renews'],
  'new recovery codes, eight times': ['renews', 'renews', 'renews', 'renews', 'renews', 'renews', 'renews', 'renews'],
} as const;

async function race(on: TestDatabase, changes: (typeof pairs)[keyof typeof pairs], nodes: 'one node' | 'two nodes') {
  await using server = await twoNodes(on);
  const scene = await approved(server);
  // The server itself takes requests of one user in turns, as a node in production does.
  const at = (turn: number) => (nodes === 'one node' ? server.call : (server.nodes[turn % 2] ?? server.call));
  const answers = await Promise.all(changes.map((change, turn) => scene[change](at(turn))));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status < 300).length, 1, JSON.stringify(statuses));
  // Changed in the meantime, or no approval any more.
  assert.ok(
    statuses.every((status) => status < 300 || status === 409 || status === 401),
    JSON.stringify(statuses),
  );
}

onEachDatabase('one approval approves one change', (on) => {
  for (const nodes of ['one node', 'two nodes'] as const) {
    for (const [which, changes] of Object.entries(pairs)) {
      test(`of ${which} at once, on ${nodes}`, async () => {
        // Not every race is a near one.
        for (let times = 0; times < 2; times += 1) await race(on, changes, nodes);
      });
    }
  }
});
