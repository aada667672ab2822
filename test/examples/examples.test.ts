/** Each example does what its README says, as somebody who follows it would see. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { skipWithoutPrograms } from '../../kit/programs.ts';
import { answersOf, start } from './page.ts';

const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

for (const example of ['express', 'fastify', 'hono'])
  test(`the example of ${example} answers as its README shows`, { skip }, async () => {
    const { steps, answers } = await answersOf(example);
    for (const [at, { command, shown }] of steps.entries()) assert.equal(answers[at], shown, command);
  });

test('the one of Express adds multi-factor authentication in less than 60 lines of code', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'express', 'mfa.js'), 'utf8');
  const lines = text.split('\n').filter((line) => !/^\s*(?:\/\/.*|\/\*\*.*\*\/)?$/.test(line));
  assert.ok(lines.length < 60, `${lines.length} lines`);
});

for (const example of ['express', 'hono'])
  test(`a half login of the example of ${example} is no login, and nobody is told who exists`, async () => {
    await using shop = await start(example);
    const post = async (path: string, body: object, cookie?: string) => {
      const headers = { 'Content-Type': 'application/json', ...(cookie !== undefined && { Cookie: cookie }) };
      const response = await fetch(shop.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const { 0: set = '' } = response.headers.getSetCookie();
      return { status: response.status, cookie: set.split(';')[0], text: await response.text() };
    };
    const ada = { email: 'ada@example.org', password: 'ada in the library' };
    assert.equal((await post('/signup', ada)).status, 201);
    assert.equal((await post('/signup', ada)).status, 409);
    const wrong = await post('/login', { ...ada, password: 'x' });
    const unknown = await post('/login', { ...ada, email: 'bob@example.org' });
    assert.deepEqual([wrong.status, wrong.text], [unknown.status, unknown.text]);
    for (const body of [{}, { email: 1, password: [] }, { email: 'x@example.org', password: 'short' }]) {
      assert.equal((await post('/signup', body)).status, 400);
      assert.equal((await post('/login', body)).status, 401);
    }
    for (const path of ['/mfa/verify', '/mfa/totp', '/mfa/totp/x', '/mfa/step-up'])
      assert.equal((await post(path, { code: '123456' })).status, 401, path);
  });
