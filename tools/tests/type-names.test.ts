import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

/** Names that are declared more than once, with their places: a search would find two meanings. */
function declaredTwice(texts: ReadonlyMap<string, string>): string[] {
  const declared = [...texts].flatMap(([file, text]) =>
    text.split('\n').flatMap((line, at) => {
      const name = /^(?:export )?(?:type|interface) (\w+)/.exec(line)?.[1];
      return name === undefined ? [] : [{ name, place: `${file}:${at + 1}` }];
    }),
  );
  return [...Map.groupBy(declared, ({ name }) => name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name}: ${places.map(({ place }) => place).join(', ')}`);
}

test('no type name is declared twice in src', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).toSorted();
  assert.ok(files.length > 0);
  assert.deepEqual(declaredTwice(new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))), []);
});

test('a type name that is declared twice is named with each place, exported or not', () => {
  const found = declaredTwice(
    new Map([
      ['src/base/a.ts', 'export type Row = string;\ntype Own<A> = A;\n'],
      ['src/store/b.ts', '\ntype Row = number;\nexport type { Own } from "./own.ts";\n'],
      ['src/http/c.ts', 'export interface Own {}\n// type Row\nimport type { Row } from "./d.ts";\n'],
    ]),
  );
  assert.deepEqual(found, ['Row: src/base/a.ts:1, src/store/b.ts:2', 'Own: src/base/a.ts:2, src/http/c.ts:1']);
});
