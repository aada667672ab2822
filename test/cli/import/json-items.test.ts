import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../../src/cli/import/bytes.ts';
import {
  cutOff,
  jsonItems,
  malformed,
  missingList,
  trailingData,
  duplicate,
} from '../../../src/cli/import/json-items.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of source) found.push(item);
  return found;
}

const said = (piece: Buffer | undefined | symbol) => (piece instanceof Buffer ? piece.toString() : piece);

async function items(text: string, member?: string, { size = 7, longest = 1000 } = {}) {
  return (await all(jsonItems(inPieces(text, size), member, longest))).map(said);
}

describe('the items of a list', () => {
  test('are those that JSON.parse finds, whatever they are and however the bytes come', async () => {
    const values = fc.array(fc.json().map((text) => JSON.parse(text) as unknown));
    const property = fc.asyncProperty(
      values,
      fc.integer({ min: 1, max: 50 }),
      fc.boolean(),
      async (list, size, spread) => {
        const plain = JSON.stringify(list, null, spread ? 2 : 0);
        const parsed = (found: Awaited<ReturnType<typeof items>>) =>
          found.map((one) => JSON.parse(String(one)) as unknown);
        assert.deepEqual(parsed(await items(plain, undefined, { size, longest: 1e6 })), list);
        const inside = JSON.stringify({
          realm: 'users',
          other: { users: [1] },
          'x"users': [2],
          users: list,
          after: [3],
        });
        assert.deepEqual(parsed(await items(inside, 'users', { size, longest: 1e6 })), list);
      },
    );
    await fc.assert(property, { seed: 7, numRuns: 200 });
  });

  test('that are too long are left out, and the next is there', async () => {
    assert.deepEqual(await items(`["${'x'.repeat(50)}",2]`, undefined, { longest: 20 }), [undefined, '2']);
    assert.deepEqual(await items(`[1,"${'x'.repeat(50)}"]`, undefined, { longest: 20 }), ['1', undefined]);
  });

  test('of a document that is cut off end with a word about it', async () => {
    assert.deepEqual(await items('[{"a":1},{"b"'), ['{"a":1}', cutOff]);
    assert.deepEqual(await items('{"users":[1', 'users'), [cutOff]);
    assert.deepEqual(await items('{"users":[1],"a":2', 'users'), ['1', cutOff]);
  });

  test('of a document that something follows end with a word about it', async () => {
    assert.deepEqual(await items('[1]\n [2]'), ['1', trailingData]);
    assert.deepEqual(await items('[1] "'), ['1', trailingData]);
    assert.deepEqual(await items('{}{"users":[1]}', 'users'), [trailingData]);
    assert.deepEqual(await items('[1] \r\n'), ['1']);
  });

  test('of a document that has no such list are none', async () => {
    for (const text of ['', '{}', '{"users":{"users":[1]}}', '[{"users":[1]}]', '"users"', 'users:[1]'])
      assert.deepEqual(await items(text, 'users'), [missingList], text);
    assert.deepEqual(await items('{"a":[1]}'), [missingList]);
  });

  test('may be none', async () => assert.deepEqual(await items(' [ ] '), []));

  test('of a document whose brackets do not match, or are too many, end with a word about it', async () => {
    assert.deepEqual(await items('[{"a":1},{"b":2}}'), ['{"a":1}', malformed]);
    assert.deepEqual(await items('{"users":[1,2}}', 'users'), ['1', malformed]);
    assert.deepEqual(await items('{"users":[1,2],"a":[}}', 'users'), ['1', '2', malformed]);
    assert.deepEqual(await items('{"users":[1,2]]', 'users'), ['1', '2', malformed]);
    assert.deepEqual(await items('}[1]'), [malformed]);
    assert.deepEqual(await items(`[${'['.repeat(100_000)}`, undefined, { size: 4096 }), [malformed]);
  });

  test('of a document that has the member twice, however it is written, end with a word about it', async () => {
    for (const other of ['"users":[2]', '"\\u0075sers" : [2]', '"users":null', '"users":{}'])
      assert.deepEqual(await items(`{"users":[1],"a":"users",${other}}`, 'users'), ['1', duplicate], other);
    assert.deepEqual(await items('{"\\u0075sers":[1]}', 'users'), ['1']);
    assert.deepEqual(await items('{"users":null,"users":[1]}', 'users'), [duplicate]);
  });

  test('are each there where one is empty', async () => {
    assert.deepEqual(await items('[1,]'), ['1', '']);
    assert.deepEqual(await items('[,1]'), ['', '1']);
  });
});

describe('the lines of a file', () => {
  const lines = async (text: string, size: number) =>
    (await all(linesOf(inPieces(text, size), 10))).map((line) => line?.toString());

  test('are the same however the bytes come, with or without an end of the last one', async () => {
    for (const size of [1, 2, 3, 5, 100]) {
      assert.deepEqual(await lines('one\n\ntwo\nthree', size), ['one', '', 'two', 'three']);
      assert.deepEqual(await lines('one\n', size), ['one']);
    }
  });

  test('that are too long are left out, and the next is there', async () => {
    for (const size of [1, 4, 100]) {
      assert.deepEqual(await lines('0123456789\n0123456789x\nnext', size), ['0123456789', undefined, 'next']);
      assert.deepEqual(await lines('0123456789x', size), [undefined]);
    }
  });
});
