/**
 * Every kind of caller sends a good request to every operation, and gets what the table says. A route without a row
 * fails the walk, and so does a row without a route. Before each request that may write, the rows are put back, so that
 * every cell of the table stands alone.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onEachDatabase } from '../../kit/databases.ts';
import { guardedTables, restoreRows, rowsOf, type Rows } from '../../kit/rows.ts';
import { startServer, type Server } from '../../kit/server.ts';
import { notYet } from '../http/other-seconds.ts';
import { callerNames, classNames } from './callers/access.ts';
import { classOf, expectedOf, operationNames } from './callers/operations.ts';
import { requestsOf, type Asked } from './callers/requests.ts';
import { saidBy } from './callers/said.ts';
import { scene, type Scene } from './callers/scene.ts';

/** Reads that write: the first makes a code, the second a session. */
const writingReads = ['GET /mfa/recovery', 'GET /auth/password'];

const isRead = ({ operation, method }: Asked) => method === 'GET' && !writingReads.includes(operation);

const isLogin = ({ operation }: Asked) => classOf(operation) === 'login';

onEachDatabase('every caller gets at every route what the table says', (on) => {
  let server: Server;
  let cast: Scene;
  let rows: Rows;
  /** Operations with a success. */
  const granted = new Set<string>();

  const guardedRows = () => rowsOf(server.countersign.context.store, guardedTables);
  const restore = () => restoreRows(server.countersign.context.store, rows);

  before(async () => {
    server = await startServer({ on });
    cast = await scene(server);
    rows = await guardedRows();
  });
  after(() => server[Symbol.asyncDispose]());

  const requestsBy = (name: string) =>
    requestsOf(server.countersign.routes, cast.callers[name] ?? assert.fail(`${name} is no caller`), cast);

  for (const name of callerNames) {
    test(name, async () => {
      const requests = requestsBy(name);
      const differing: string[] = [];
      const check = async ({ operation, method, path, call }: Asked) => {
        const answer = await server.call(method, path, call);
        if (answer.status < 400) granted.add(operation);
        const [expected, said] = [expectedOf(operation, name), saidBy(answer)];
        if (said !== expected) differing.push(`${operation}: expected ${expected}, got ${said}`);
      };
      const mayWrite = (one: Asked) => expectedOf(one.operation, name) === 'ok' && !isRead(one);
      const { length } = server.sent;
      for (const request of requests.filter((one) => !mayWrite(one))) await check(request);
      const unchanged = await guardedRows();
      const sent = server.sent.slice(length);
      const writing = requests.filter(mayWrite);
      // Each login is of another user or another way in, so none disturbs the next.
      for (const request of writing.filter(isLogin)) await check(request);
      for (const request of writing.filter((one) => !isLogin(one))) {
        await restore();
        await check(request);
      }
      await restore();
      assert.deepEqual(differing, []);
      // Neither what is refused nor what only reads changes a row or sends a message.
      assert.deepEqual([unchanged, sent], [rows, []]);
    });
  }

  test('the table has every operation, class and caller, and no other', () => {
    const asked = requestsBy('no credential').map(({ operation }) => operation);
    assert.deepEqual(asked.toSorted(), operationNames.toSorted());
    assert.deepEqual([...new Set(operationNames.map(classOf))].toSorted(), classNames.toSorted());
    assert.deepEqual(Object.keys(cast.callers).toSorted(), callerNames.toSorted());
  });

  test('every operation that the table grants to anybody succeeds for somebody, so the requests are good', () => {
    const isGrantable = (operation: string) => callerNames.some((name) => expectedOf(operation, name) === 'ok');
    const missing = operationNames.filter((one) => isGrantable(one) && !granted.has(one) && !notYet.includes(one));
    assert.deepEqual(missing, []);
  });
});
