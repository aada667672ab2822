import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { shownAs } from '../../kit/shown-answer.ts';
import { answersOf, readPage, withAnswers } from '../../kit/transcript.ts';
import { startServer, url } from '../../kit/server.ts';
import { skipWithoutPrograms } from '../../kit/programs.ts';

const markdown = readFileSync(new URL('../../docs/first-login.md', import.meta.url), 'utf8');
const page = readPage(markdown);
const reason = skipWithoutPrograms();
const skip = reason !== undefined && reason;

test('every answer in the tutorial is what the server answers', { skip }, async () => {
  const answers = await answersOf(page);
  assert.equal(answers.length, page.steps.length);
  for (const [at, { command, line, shown }] of page.steps.entries()) {
    const about = `docs/first-login.md:${line} (node kit/transcript.ts writes its answers anew)\n${command}\n`;
    assert.equal(about + answers[at], about + shown);
  }
  assert.equal(withAnswers(markdown, page.steps, answers), markdown);
});

test('the refusal that the tutorial can not wait for is what the server answers a quarter of an hour later', async () => {
  await using server = await startServer();
  const alice = await server.addPerson('alice');
  const app = await server.addApp(alice);
  const token = await server.logIn(alice, server.code(app));
  const again = () => server.call('POST', '/users/me/secrets', { bearer: token, json: { type: 'apikey' } });
  assert.equal((await again()).status, 200);
  server.clock.tick(15 * minute + 1);
  const { status, headers, text } = await again();
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const said = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', text].join('\n');
  const [shown = ''] = /^```http\n[^`]*insufficient_user_authentication[^`]*```\n/m.exec(markdown) ?? [];
  assert.equal(shown, shownAs(said, url));
});

test('a page whose answers are right is written as it was', () => {
  const steps = page.steps;
  const shown = steps.map((step) => step.shown);
  assert.ok(steps.length > 50);
  assert.equal(withAnswers(markdown, steps, shown), markdown);
});

test('answers are put in, exchanged and taken out', () => {
  const text =
    'A\n\n```sh\na\n```\n\nB\n\n```sh\nb\n```\n\n```text\nold\n```\n\nC\n\n```sh\nc\n```\n\n```text\ngone\n```\n\nD\n';
  const block = (answer: string) => `\`\`\`text\n${answer}\n\`\`\`\n`;
  assert.equal(
    withAnswers(text, readPage(text).steps, [block('new'), block('other'), '']),
    'A\n\n```sh\na\n```\n\n```text\nnew\n```\n\nB\n\n```sh\nb\n```\n\n```text\nother\n```\n\nC\n\n```sh\nc\n```\n\nD\n',
  );
});

test('what differs from run to run is shortened, and nothing else is', () => {
  const shown = (text: string) => shownAs(text, 'http://localhost:4711').split('\n').slice(1, -2).join('\n');
  assert.equal(shown('{"uid":"01a200ee-22fa-747b-b164-e4dbbc7ec27d","version":3}'), '{ "uid": "…", "version": 3 }');
  assert.equal(
    shown('{"codes":["7k2m-0000-abcd-zzzz"],"at":"2026-11-22T01:45:36.250Z"}'),
    '{ "codes": ["…"], "at": "…" }',
  );
  assert.equal(
    shown('{"iss":"http://localhost:4711","iat":1795311936}'),
    '{ "iss": "http://localhost:8000", "iat": … }',
  );
  assert.equal(shown('HTTP/1.1 429 No\r\nDate: today\r\nretry-after: 29\r\n\r\n'), 'HTTP/1.1 429 No\nRetry-After: 30');
  assert.equal(shown('401\n401\nRetry-After: 60\n'), '401\n401\nRetry-After: 60');
});
