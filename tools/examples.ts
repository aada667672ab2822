/**
 * The examples of /docs, from a run of requests to every route. `npm run docs` writes them, `npm run docs:check` compares them with the file.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorFormats } from '../src/http/describe/error-formats.ts';
import { nameOf, type Example } from '../src/http/describe/example.ts';
import { startServer } from '../kit/server.ts';
import { live } from '../test/http/life.ts';
import type { Secret } from '../test/http/life/begin.ts';
import { shownExchange, type Exchange } from './shown-exchange.ts';

const file = 'src/http/describe/examples.ts';

const password = 'correct horse battery staple';

/** What the example of an operation must match, where its first success is not the one to show. */
const exampleShows: Readonly<Record<string, RegExp>> = {
  'GET /mfa': /"enabled": true/,
  'POST /auth/password': /'ada:[^]*302 Found/,
  'POST /users/{uid}/secrets': /"mfa"/,
  'POST /challenges': /"user"/,
  'POST /challenges/{id}/verify': /"assertion"/,
  'GET /v2/accounts/{id}/children': /"data": \[\s*\{/,
  'GET /v2/accounts/{id}/descendants': /"data": \[\s*\{/,
  'GET /v2/accounts/{id}/users': /"data": \[\s*\{/,
};

test('the examples of /docs are what the server answers', async () => {
  const made = fileOf(await examples());
  if (process.env['DOCS'] === 'write') return writeFileSync(file, made);
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  assert.ok(current === made, `${file} is out of date: run npm run docs`);
});

async function examples(): Promise<readonly (readonly [string, Example])[]> {
  await using server = await startServer({ registration: 'open' });
  const exchanges: Exchange[] = [];
  const call: typeof server.call = async (method, path, sent = {}) => {
    const answer = await server.call(method, path, sent);
    exchanges.push({ method, path, sent, answer });
    return answer;
  };
  const secrets = await live({ ...server, call });
  const names = [
    ...server.countersign.routes.map(nameOf),
    ...Object.values(errorFormats).map(({ example }) => example),
  ];
  return names.map((name) => [name, without(secrets, chosen(name, exchanges))]);
}

/** A secret appears in one answer at most, so no page repeats it. Passwords become that of the other pages. */
function without(secrets: readonly Secret[], { request, answer }: Example): Example {
  const hide = (text: string) =>
    secrets.reduce((shown, { what, value }) => shown.replaceAll(value, what === 'password' ? password : '…'), text);
  return { request: hide(request), answer: hide(answer) };
}

/** The first success of an operation, or the first answer with the status at the end of the name. */
function chosen(name: string, exchanges: readonly Exchange[]): Example {
  const own = exchanges.filter(({ answer: { route, status } }) => {
    if (!route) return false;
    const isSuccess = status < 400 || route.responses[status] !== undefined;
    return `${nameOf(route)} ${status}` === name || (isSuccess && nameOf(route) === name);
  });
  const shown = own
    .map(shownExchange)
    .find(({ request, answer }) => exampleShows[name]?.test(request + answer) ?? true);
  return shown ?? assert.fail(`test/http/life.ts has no ${name} to show`);
}

/** One line for each, so that diffs are small. */
function fileOf(all: readonly (readonly [string, Example])[]): string {
  const lines = all.map(([name, example]) => `  ${JSON.stringify(name)}: ${JSON.stringify(example)},\n`);
  return [
    "import type { Example } from './example.ts';\n\n",
    '/** Written by `npm run docs`: what was sent and answered in a life of requests to every route. */\n',
    `export const examples: Readonly<Record<string, Example>> = {\n${lines.join('')}};\n`,
  ].join('');
}
