import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { readBody, readQuery } from '../../../src/http/server/parse.ts';
import type { Problem } from '../../../src/http/route.ts';

const anything = z.unknown();
const limit = 64 * 1024;

type Sent = { readonly body?: string | Uint8Array | ReadableStream; readonly headers?: Record<string, string> };

function request({ body = '{}', headers = {} }: Sent): Request {
  const given = { 'Content-Type': 'application/json', ...headers };
  return new Request('https://house.example/', { method: 'POST', body, headers: given, duplex: 'half' });
}

async function refusal(sent: Sent, schema: z.ZodType = anything): Promise<Problem> {
  const parsed = await readBody(schema, request(sent));
  if (parsed.ok) assert.fail('accepted');
  return parsed.problem;
}

async function accepted(sent: Sent, schema: z.ZodType = anything): Promise<unknown> {
  const parsed = await readBody(schema, request(sent));
  if (!parsed.ok) assert.fail(JSON.stringify(parsed.problem));
  return parsed.value;
}

/** A body of so many bytes. */
const ofLength = (length: number) => JSON.stringify('x'.repeat(length - 2));

for (const type of [
  'application/json',
  'APPLICATION/JSON',
  'application/json;charset=utf-8',
  'application/json ; charset=UTF-8',
  'application/json;',
]) {
  test(`a body of the type ${type} is read`, async () => {
    assert.deepEqual(await accepted({ headers: { 'Content-Type': type } }), {});
  });
}

for (const type of [
  '',
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=application/json',
  'text/plain; application/json',
  'application/json, text/plain',
  'application/jsonp',
  'application/problem+json',
  'json',
]) {
  test(`a body of the type ${type || '(none)'} is refused with 415`, async () => {
    const { status, code } = await refusal({ headers: { 'Content-Type': type } });
    assert.deepEqual({ status, code }, { status: 415, code: 'unsupported_media_type' });
  });
}

test('a body without a type is refused with 415', async () => {
  const bytes = Buffer.from('{}');
  const parsed = await readBody(anything, new Request('https://house.example/', { method: 'POST', body: bytes }));
  assert.equal(parsed.ok ? 200 : parsed.problem.status, 415);
});

test('a body with a content encoding is refused with 415, unless it says that there is none', async () => {
  for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip', 'zstd', '']) {
    assert.equal((await refusal({ headers: { 'Content-Encoding': encoding } })).status, 415, encoding);
  }
  for (const encoding of ['identity', 'Identity']) {
    assert.deepEqual(await accepted({ headers: { 'Content-Encoding': encoding } }), {}, encoding);
  }
});

test('a body of 64 KiB is read, and one of a byte more is refused with 413', async () => {
  assert.equal(String(await accepted({ body: ofLength(limit) })).length, limit - 2);
  const { status, code } = await refusal({ body: ofLength(limit + 1) });
  assert.deepEqual({ status, code }, { status: 413, code: 'content_too_large' });
});

test('bytes are counted, not characters', async () => {
  assert.equal((await refusal({ body: JSON.stringify('é'.repeat(limit / 2)) })).status, 413);
});

/** A body that comes in pieces and tells how many were taken. */
function inPieces(pieces: number, piece: Uint8Array) {
  const taken = { pieces: 0, cancelled: false };
  const body = new ReadableStream({
    pull(controller) {
      if (taken.pieces === pieces) return controller.close();
      taken.pieces += 1;
      return controller.enqueue(piece);
    },
    cancel() {
      taken.cancelled = true;
    },
  });
  return { body, taken };
}

test('a body that comes in pieces, without a length, is put together', async () => {
  const { body } = inPieces(64, Buffer.from(' '.repeat(1023)));
  const whole = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({ flush: (controller) => controller.enqueue(Buffer.from('{"a":1}')) }),
  );
  assert.deepEqual(await accepted({ body: whole }), { a: 1 });
});

test('a body without end is refused with 413 as soon as it is too long', async () => {
  const { body, taken } = inPieces(1_000_000, Buffer.alloc(4096, ' '));
  assert.equal((await refusal({ body })).status, 413);
  assert.ok(taken.pieces <= 20, `${taken.pieces} pieces were taken`);
  assert.ok(taken.cancelled);
});

test('a body that breaks off is refused with 400, and is no fault', async () => {
  const { body } = inPieces(4, Buffer.from('{'));
  const broken = body.pipeThrough(
    new TransformStream({ flush: (controller) => controller.error(new Error('aborted')) }),
  );
  const { status, code } = await refusal({ body: broken });
  assert.deepEqual({ status, code }, { status: 400, code: 'incomplete_body' });
});

test('a length that is announced is not believed', async () => {
  const long = inPieces(20, Buffer.alloc(4096, ' ')).body;
  assert.equal((await refusal({ body: long, headers: { 'Content-Length': '2' } })).status, 413);
  assert.deepEqual(await accepted({ headers: { 'Content-Length': '9999999' } }), {});
});

test('what is no JSON is refused with 400 and the reason', async () => {
  for (const [body, detail] of [
    ['{"token": 021589}', /send a code as a string/],
    ['{"a":1,"\\u0061":2}', /The member "a" appears more than once/],
    ['['.repeat(100) + ']'.repeat(100), /nests deeper/],
    [' ', /not valid JSON/],
  ] as const) {
    const said = await refusal({ body });
    assert.deepEqual([said.status, said.code], [400, 'malformed_json']);
    assert.match(said.detail, detail);
  }
  assert.match((await refusal({ body: new Uint8Array([0x22, 0xff, 0x22]) })).detail, /not valid UTF-8/);
});

test('no body is an empty object, with or without a content type', async () => {
  assert.deepEqual(await accepted({ body: '' }), {});
  const untyped = (text: string) =>
    readBody(anything, new Request('https://house.example/', { method: 'POST', body: new TextEncoder().encode(text) }));
  assert.deepEqual(await untyped(''), { ok: true, value: {} });
  assert.equal((await untyped('{}')).ok, false);
});

test('a problem names twenty members at most, and is small whatever the request is', async () => {
  for (const name of ['a', 'é'.repeat(200), '\u0001'.repeat(200), '"'.repeat(200)]) {
    const members = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`${name}${at}${name}`, 1]));
    const { detail, errors = [] } = await refusal({ body: JSON.stringify(members) }, shape);
    assert.ok(errors.length > 0 && errors.length <= 20, String(errors.length));
    assert.match(detail, /; \d+ more$/);
    assert.ok(Buffer.byteLength(JSON.stringify({ detail, errors })) < 7500);
  }
  const twice = await refusal({ body: `{"${'x'.repeat(30_000)}":1,"${'x'.repeat(30_000)}":1}` });
  assert.ok(twice.detail.length < 200, twice.detail);
});

const shape = z.strictObject({ name: z.string().max(3).optional(), inside: z.strictObject({ a: z.int() }).optional() });

test('unknown members are refused and each is named, wherever it stands', async () => {
  const body = JSON.stringify({ nmae: 'x', 'a/b~c': 1, inside: { a: 1, b: 2 } });
  const said = await refusal({ body }, shape);
  assert.deepEqual([said.status, said.code], [400, 'invalid_request']);
  assert.deepEqual(said.errors?.map(({ pointer }) => pointer).toSorted(), ['/a~1b~0c', '/inside/b', '/nmae']);
  assert.match(said.detail, /\/nmae: is not a known member/);
});

test('a member called __proto__ or constructor is unknown like any other', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
    const said = await refusal({ body: `{"${name}":{"name":"x"}}` }, shape);
    assert.deepEqual(said.errors, [{ pointer: `/${name}`, detail: 'is not a known member', missing: false }]);
  }
});

test('every member that has not its form is named', async () => {
  const said = await refusal({ body: JSON.stringify({ name: 'long', inside: { a: 'x' } }) }, shape);
  assert.deepEqual(
    said.errors?.map(({ pointer }) => pointer),
    ['/name', '/inside/a'],
  );
});

test('a body that is no object at all is named as a whole', async () => {
  for (const body of ['[]', 'null', '1', '"name"', 'true']) {
    const said = await refusal({ body }, shape);
    assert.deepEqual(
      said.errors?.map(({ pointer }) => pointer),
      [''],
    );
    assert.match(said.detail, /^the body: /);
  }
});

test('what was sent is not said again', async () => {
  const said = await refusal({ body: JSON.stringify({ name: 'hunter2 hunter2', inside: { a: 'hunter2' } }) }, shape);
  assert.doesNotMatch(JSON.stringify(said), /hunter2/);
});

test('a route without a schema takes no body and looks at none', async () => {
  const { body, taken } = inPieces(1000, Buffer.alloc(4096));
  const headers = { 'Content-Type': 'text/plain' };
  assert.deepEqual(await readBody(undefined, request({ body, headers })), { ok: true, value: undefined });
  assert.ok(taken.pieces <= 1);
});

const query = z.object({ page: z.string().max(3).optional() });

function ask(text: string) {
  const parsed = readQuery(query, text);
  return parsed.ok ? parsed.value : parsed.problem;
}

test('a parameter that a route does not know is left alone', () => {
  assert.deepEqual(ask('page=1&utm_source=x&__proto__=y'), { page: '1' });
});

test('a parameter that appears more than once is refused and named, known or not', () => {
  for (const text of ['page=1&page=1', 'page=1&page=2', 'pag%65=1&page=2', 'other=1&other=1']) {
    const said = ask(text) as Problem;
    assert.equal(said.code, 'invalid_request');
    assert.match(said.detail, /^The parameter "(page|other)" appears more than once\.$/);
  }
});

test('a parameter that has not its form is refused and named', () => {
  const said = ask('page=1234') as Problem;
  assert.deepEqual([said.status, said.errors?.[0]?.pointer], [400, '/page']);
});

/** So many parameters, each with a name of its own. */
const parameters = (count: number) => Array.from({ length: count }, (_, at) => `p${at}=`).join('&');

test('a query and a form have at most 64 parameters', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const form = async (body: string) => {
    const parsed = await readBody(query, request({ body, headers }), true);
    return parsed.ok ? parsed.value : parsed.problem;
  };
  for (const read of [async (text: string) => ask(text), form]) {
    assert.deepEqual(await read(parameters(64)), {});
    const { status, code, detail } = (await read(parameters(65))) as Problem;
    assert.deepEqual({ status, code }, { status: 400, code: 'invalid_request' });
    assert.equal(detail, 'A form or a query has at most 64 parameters.');
  }
});

test('a route without a schema reads no query', () => {
  assert.deepEqual(readQuery(undefined, 'a=1&a=1'), { ok: true, value: undefined });
});
