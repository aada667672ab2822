/** Requests that no honest client sends, over a real socket to the server as `serve` sets it up. Node answers some of them and the server the others. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listen, type ServerSocket } from '../../src/cli/listen.ts';
import { problemBody } from '../../src/http/errors/problem.ts';
import { sendRaw, hostileRequests, marker } from '../../kit/hostile-requests.ts';
import { startServer, type Server } from '../../kit/server.ts';
import type { Rows } from '../../kit/rows.ts';

describe('what no honest client sends is refused or cut off, and does no harm', () => {
  let server: Server;
  let front: ServerSocket;
  let rows: Rows;
  before(async () => {
    server = await startServer();
    rows = await server.rows();
    front = await listen('127.0.0.1', 0, { log: server.countersign.context.log });
    front.open(server.countersign.listener);
  });
  after(async () => {
    await front.close(0);
    await server[Symbol.asyncDispose]();
  });

  for (const request of hostileRequests) {
    test(request.name, async () => {
      const lines = server.lines.length;
      const { answers, sent } = await sendRaw(front.port, request);
      const statuses = answers.map(({ status }) => status);
      // Whoever is cut off while they talk may lose the answer with the connection.
      const expected = request.endless !== undefined && statuses.length === 0 ? [] : request.answers;
      assert.deepEqual(statuses, expected);
      for (const { status, body } of answers.filter((answer) => answer.status >= 400)) {
        const said = problemBody.parse(JSON.parse(body));
        assert.equal(said.status, status);
        const line = server.lines.slice(lines).find(({ fields }) => fields['request_id'] === said.request_id);
        assert.equal(String(line?.fields['status']), String(status), 'the log knows nothing of it');
      }
      assert.ok(sent < most, `${sent} bytes were taken`);
      for (const line of server.lines.slice(lines).map((one) => JSON.stringify(one))) {
        assert.ok(line.length < 1000 && !line.includes(marker), line.slice(0, 2000));
      }
      assert.deepEqual(
        server.lines.filter(({ level }) => level === 'error'),
        [],
      );
      assert.equal((await fetch(`http://127.0.0.1:${front.port}/health/ready`)).status, 200);
    });
  }

  test('and nothing of it was done', async () => {
    assert.deepEqual(await server.rows(), rows);
  });
});

/** Bytes that somebody may send who is not listened to: what the operating system keeps for the server, and what Node reads before it hangs up. */
const most = 128 * 1024 * 1024;
