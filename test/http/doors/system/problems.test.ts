import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblemCode, meaningOf, problemCodes, problemGroups } from '../../../../src/http/problem-codes/index.ts';
import { startServer, url } from '../../../../kit/server.ts';

const fromBrowser = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

test('the type of a problem is the URL of its page, below the path of the server too', async () => {
  for (const place of [url, `${url}/mfa-server/`]) {
    await using server = await startServer({ url: place });
    const { type } = (await server.call('GET', '/users/me')).json as { type: string };
    assert.equal(type, `${place.replace(/\/$/, '')}/problems/authentication_required`);
    const { json, headers } = await server.call('GET', '/problems/authentication_required');
    assert.deepEqual(json, { type, code: 'authentication_required', ...meaningOf('authentication_required') });
    assert.equal(headers.get('vary'), 'Accept');
  }
});

test('every code has a page for browsers, with when it occurs and what to do, and no script or foreign style', async () => {
  await using server = await startServer();
  for (const code of problemCodes) {
    const { status, headers, text } = await server.call('GET', `/problems/${code}`, fromBrowser);
    assert.deepEqual([status, headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    const shown = text.replace(/<[^>]*>/g, '').replaceAll('&#39;', "'");
    const { statuses, when, action } = meaningOf(code);
    for (const part of [code, `${statuses[0]} `, when, action])
      assert.ok(shown.includes(part.replaceAll('`', '')), code);
    assert.doesNotMatch(text, /<script|<style|style="|https?:/);
  }
});

test('a code that does not exist has no page', async () => {
  await using server = await startServer();
  for (const code of ['no_such_code', 'constructor', 'toString', 'x'.repeat(65)]) {
    const { status, json } = await server.call('GET', `/problems/${code}`, fromBrowser);
    assert.equal(status, 404);
    assert.equal((json as { code: string }).code, 'not_found');
    assert.equal(isProblemCode(code), false);
  }
});

test('every code is in one group, and the list that /docs links to has its page and its meaning', async () => {
  await using server = await startServer();
  const grouped = problemGroups.flatMap(({ codes }) => codes);
  assert.deepEqual(grouped.toSorted(), problemCodes.toSorted());
  assert.match((await server.call('GET', '/docs')).text, /href="\/problems"/);
  const { text } = await server.call('GET', '/problems', fromBrowser);
  for (const code of problemCodes) assert.ok(text.includes(`href="/problems/${code}"`), code);
  const { json } = await server.call('GET', '/problems');
  const meanings = problemCodes.map((code) => ({ type: `${url}/problems/${code}`, code, ...meaningOf(code) }));
  assert.deepEqual(json, meanings);
});
