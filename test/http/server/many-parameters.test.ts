/** A form of many parameters at every route that reads one, and a query of many parameters at every route. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../kit/databases.ts';
import { startServer } from '../../../kit/server.ts';
import { nameOf } from '../catalogue.ts';
import { ada, goodRequests, send } from '../good-requests.ts';
import { addService } from '../doors/challenges/service.ts';

/** What an audit sent: 65,500 bytes of names that all differ. */
const manyNames = Array.from({ length: 16_375 }, (_, at) => at.toString(36).padStart(3, '0')).join('&');

/** So many names as fit into a request line. */
const longQuery = manyNames.slice(0, 15_000);

onEachDatabase('more than 64 parameters', (on) => {
  test('are refused with 400 in the words of the door, in a form as in a query, and change nothing', async () => {
    await using server = await startServer({ on });
    const cast = await ada(server);
    const { key } = await addService(server, 'root', 'shop');
    const good = goodRequests(server.countersign.routes, cast);
    const { attempts: _log, ...before } = await server.rows();
    const forms = good.filter(({ route }) => route.form === true);
    assert.ok(good.length > 90 && forms.length >= 4, `${good.length} and ${forms.length}`);
    for (const request of good) {
      const bearer = request.route.access === 'service' ? key : server.admin.token;
      const answer = await send(server, request, { bearer, query: longQuery });
      assert.equal(answer.status, 400, `${nameOf(request.route)} ${answer.text}`);
      assert.match(answer.text, /A form or a query has at most 64 parameters\./);
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const { method, path } of forms) {
      const answer = await server.call(method, path, { body: manyNames, headers });
      assert.equal(answer.status, 400, `${answer.asked} ${answer.text}`);
      assert.match(answer.text, /A form or a query has at most 64 parameters\./);
    }
    const { attempts: _same, ...after } = await server.rows();
    assert.deepEqual(after, before);
  });
});
