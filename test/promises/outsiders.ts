/** What the tests of outsiders share: people of every kind, and answers that must look alike. */
import assert from 'node:assert/strict';
import { operator, requestContext } from '../../src/engine/context.ts';
import { makeClient } from '../../src/engine/operations.ts';
import { insertAccount } from '../../src/store/accounts.ts';
import type { onEachDatabase } from '../../kit/databases.ts';
import { member, startServer, type Answer, type Server } from '../../kit/server.ts';

/** All of an answer but the id of its request. */
export function seen({ status, headers, text }: Answer): string {
  const id = headers.get('x-request-id') ?? assert.fail();
  return JSON.stringify([status, [...headers], text])
    .replaceAll(id, '(request id)')
    .replaceAll(/\\"timestamp\\":\\"[^"]+"/g, '(time)');
}

export function assertAlike(answers: Readonly<Record<string, Answer>>): void {
  const [[first, model] = assert.fail(), ...others] = Object.entries(answers);
  for (const [name, answer] of others) assert.equal(seen(answer), seen(model), `${name} looks other than ${first}`);
}

/** People of every kind, and somebody of another account. */
export async function town(server: Server) {
  const ada = await server.addPerson('ada', { email: 'ada@example.org' });
  const mfa = await server.addPerson('grace', { email: 'grace@example.org' });
  const app = await server.addApp(mfa);
  await server.call('POST', '/users', { bearer: server.admin.token, json: { name: 'no password' } });
  const { store, clock } = server.countersign.context;
  const dan = await server.addPerson('dan');
  await store.db.updateTable('users').set({ enabled: 0 }).where('id', '=', dan.uid).execute();
  const root = await store.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
  const other = { id: 'c'.repeat(32), parentId: root.id, name: 'Elsewhere' };
  await insertAccount(store, other, clock.now());
  const json = { name: 'stranger here', password: 'a stranger has this', account: other.id };
  const made = await server.call('POST', '/users', { json });
  const foreign = { ...json, uid: member(made, 'uid'), token: member(made, 'token') };
  const client = { name: 'an application', grantTypes: ['password'], scope: '', isPublic: false };
  const ctx = requestContext(server.countersign.context, operator);
  const clients = [await makeClient(ctx, undefined, { ...client, accountId: root.id })];
  clients.push(await makeClient(ctx, undefined, { ...client, accountId: other.id }));
  const [here = '', elsewhere = ''] = clients.map((one) => one.client.id);
  return { ada, mfa, app, dan, foreign, clients: { here, elsewhere } };
}

export const start = (on: Parameters<Parameters<typeof onEachDatabase>[1]>[0]) =>
  startServer({ on, registration: 'open' });
