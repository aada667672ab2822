import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '../../src/client/index.ts';

type Asked = { readonly url: string; readonly method: string; readonly headers: Headers; readonly body: string };

/** A client of something that answers as the test says, and what it was asked. */
function clientOf(answer: (request: Request) => Response | Promise<Response>, credential?: string) {
  const asked: Asked[] = [];
  const fetch = async (request: Request) => {
    const { url, method, headers } = request;
    asked.push({ url, method, headers, body: await request.clone().text() });
    return answer(request);
  };
  return { asked, client: createClient({ url: 'https://house.example/mfa/', credential, fetch }) };
}

const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/problem+json', ...headers } });

test('a request goes below the path that the server is mounted at, with the credential and nothing that was not said', async () => {
  const { asked, client } = clientOf(() => json(200, {}), 'a-key');
  await client.factors.remove('a/b?c#d', 'x', { account: 'acme & co', challenge_id: undefined });
  await client.users.put('42', { email: 'ä@example.org' });
  const [removed, put] = asked;
  assert.deepEqual(
    [removed?.method, removed?.url, removed?.body],
    ['DELETE', 'https://house.example/mfa/users/a%2Fb%3Fc%23d/factors/x?account=acme+%26+co', ''],
  );
  assert.equal(removed?.headers.get('content-type'), null);
  assert.equal(put?.headers.get('authorization'), 'Bearer a-key');
  assert.deepEqual([put?.headers.get('content-type'), put?.body], ['application/json', '{"email":"ä@example.org"}']);
});

test('without a credential none is sent, and with another one that one', async () => {
  const { asked, client } = clientOf(() => json(200, []));
  await client.sessions.list();
  await client.as('another').sessions.list();
  assert.deepEqual(
    asked.map(({ headers }) => headers.get('authorization')),
    [null, 'Bearer another'],
  );
});

test('what a URL would take for another path is no id, and nothing is sent', async () => {
  const { asked, client } = clientOf(() => json(200, {}));
  for (const id of ['', '.', '..']) await assert.rejects(client.users.put(id), TypeError);
  assert.deepEqual(asked, []);
});

test('a URL without a scheme is refused where the client is made', () => {
  for (const url of [
    'localhost:8000',
    'house.example',
    'ftp://house.example',
    'https://',
    undefined as unknown as string,
  ])
    assert.throws(() => createClient({ url }), new TypeError('url: expected http:// or https:// and a host'));
  createClient({ url: new URL('http://[::1]:8000/mfa') });
});

test('an id that is a number is refused, and nothing is sent', async () => {
  const { asked, client } = clientOf(() => json(200, {}));
  const id = 7 as unknown as string;
  await assert.rejects(client.users.put(id), new TypeError('uid: expected a string, got number'));
  await assert.rejects(client.factors.list(id), new TypeError('externalId: expected a string, got number'));
  assert.deepEqual(asked, []);
});

test('a refusal says why, when to try again and what is lacking', async () => {
  const said = { code: 'throttled', detail: 'Wait.' };
  const headers = { 'Retry-After': '30', 'WWW-Authenticate': 'Bearer error="x"', 'X-Request-Id': 'abc' };
  const { client } = clientOf(() => json(429, said, headers));
  assert.deepEqual(await client.sessions.list(), {
    ok: false,
    status: 429,
    code: 'throttled',
    detail: 'Wait.',
    retryAfter: 30,
    authenticate: 'Bearer error="x"',
    requestId: 'abc',
  });
});

for (const [what, status, value, expected] of [
  ['in lists of sentences', 400, { non_field_errors: ['No.'] }, ['invalid_credentials', 'No.']],
  ['by the names of members', 400, { username: ['This field is required.'] }, ['refused', 'This field is required.']],
  ['in one sentence', 429, { detail: 'Wait.' }, ['refused', 'Wait.']],
  ['in no words', 418, [], ['refused', 'The server answered 418.']],
  ['in a word', 400, 'no', ['refused', 'no']],
] as const)
  test(`a refusal is read that is said ${what}`, async () => {
    const { client } = clientOf(() => json(status, value));
    const result = await client.sessions.logIn({ username: 'ada', password: 'x' });
    assert.ok(!result.ok);
    assert.deepEqual([result.code, result.detail], expected);
  });

test('what is no answer is an exception: nothing there, something else there, another place, half an answer, none in time', async () => {
  const failing: readonly (() => Response | Promise<Response>)[] = [
    () => Promise.reject(new TypeError('fetch failed')),
    () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }),
    () => new Response('{"token": ', { headers: { 'Content-Type': 'application/json' } }),
  ];
  for (const answer of failing) await assert.rejects(clientOf(answer).client.sessions.list());
  // A fetch keeps its request. Without one that does, the signal may be collected before the time is over, and nothing ends.
  const open: Request[] = [];
  const slow = createClient({
    url: 'https://house.example',
    timeout: 1,
    fetch: (request) =>
      new Promise((_resolve, reject) => {
        open.push(request);
        const { signal } = request;
        const abort = () => reject(signal.reason);
        // On a busy machine a millisecond is over before anybody listens.
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort);
      }),
  });
  await assert.rejects(slow.sessions.list(), { name: 'TimeoutError' });
  assert.equal(open.length, 1);
  const redirects: string[] = [];
  await createClient({
    url: 'https://house.example',
    fetch: async ({ redirect }) => (redirects.push(redirect), json(200, [])),
  }).sessions.list();
  assert.deepEqual(redirects, ['error'], 'a credential follows nobody elsewhere');
});
