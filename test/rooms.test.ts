import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  ambientCalls,
  importCircles,
  LONGEST_FILE,
  tooLong,
  typesDeclaredTwice,
  untypedPlaces,
  wrongImports,
} from '../tools/rooms.ts';
import { codeOnly, importsOf } from '../tools/source.ts';

const root = new URL('..', import.meta.url);
const src = new Map(
  globSync('src/**/*.ts', { cwd: root })
    .toSorted()
    .map((file) => [file.replaceAll('\\', '/'), readFileSync(new URL(file, root), 'utf8')]),
);

function files(texts: Record<string, string>): Map<string, string> {
  return new Map(Object.entries(texts));
}

function assertNothing(found: string[]): void {
  assert.ok(found.length === 0, `\n${found.join('\n')}`);
}

test('the files of src are found', () => {
  assert.ok(src.size > 0);
});

test('src imports only from its own room and the rooms before it', () => {
  assertNothing(wrongImports(src));
});

test('an import from a later room is named with its file and line', () => {
  const found = wrongImports(
    files({
      'src/base/clock.ts': `import { readFile } from 'node:fs';\nimport { z } from 'zod';\nimport './fault.ts';\n`,
      'src/store/table.ts': `import { now } from '../base/clock.ts';\n\nimport {\n  run,\n} from '../engine/run.ts';\n`,
      'src/index.ts': `export * from './cli/main.ts';\nexport { start } from './countersign.ts';\n`,
    }),
  );
  assert.deepEqual(found, ['src/store/table.ts:3: imports ../engine/run.ts, but engine comes after store']);
});

test('base may import no other room, not even as a type, a re-export or at run time', () => {
  const found = wrongImports(
    files({
      'src/base/a.ts': `import type { A } from '../factors/a.ts';`,
      'src/base/b.ts': `export { b } from "../messages/b.ts";`,
      'src/base/c.ts': `const c = await import('../countersign.ts');`,
    }),
  );
  assert.deepEqual(found, [
    'src/base/a.ts:1: imports ../factors/a.ts, but factors comes after base',
    'src/base/b.ts:1: imports ../messages/b.ts, but messages comes after base',
    'src/base/c.ts:1: imports ../countersign.ts, but countersign comes after base',
  ]);
});

test('a file outside the rooms and an import from outside src are refused', () => {
  const found = wrongImports(files({ 'src/shed/a.ts': '', 'src/http/b.ts': `import { c } from '../../test/c.ts';\n` }));
  assert.equal(found.length, 2);
  assert.match(found[0] ?? '', /^src\/shed\/a\.ts:1: is in no known room/);
  assert.equal(found[1], 'src/http/b.ts:1: imports ../../test/c.ts, which is outside src');
});

test('no files of src import each other in a circle', () => {
  assertNothing(importCircles(src));
});

test('a circle of imports is named with every step of it', () => {
  const found = importCircles(
    files({
      'src/base/a.ts': `import { b } from './b.ts';`,
      'src/base/b.ts': `\nimport { c } from './c.ts';`,
      'src/base/c.ts': `\n\nimport { b } from './b.ts';`,
    }),
  );
  assert.deepEqual(found, ['src/base/b.ts:2 → src/base/c.ts:3 → src/base/b.ts: imports in a circle']);
});

test('an import of types closes no circle', () => {
  const found = importCircles(
    files({ 'src/base/a.ts': `import { b } from './b.ts';`, 'src/base/b.ts': `import type { A } from './a.ts';` }),
  );
  assert.deepEqual(found, []);
});

test('only base and cli ask the system for time, randomness and timers', () => {
  assertNothing(ambientCalls(src));
});

test('each way to ask for time, randomness or a timer is found', () => {
  const ways = [
    'const a = Date.now();',
    'const a = new Date();',
    'const a = new Date;',
    'performance.now();',
    'process.hrtime.bigint();',
    'Math.random();',
    'crypto.getRandomValues(bytes);',
    `import { randomBytes } from 'node:crypto';`,
    'globalThis.crypto.randomUUID();',
    'setTimeout(f, 10);',
    'globalThis.setInterval(f, 10);',
    'const text = `at ${`${Date.now()}`}`;',
  ];
  for (const way of ways) {
    const found = ambientCalls(files({ 'src/http/a.ts': `\n${way}\n` }));
    assert.match(found.join(), /^src\/http\/a\.ts:2: .* is for base and cli only$/, way);
    assert.deepEqual(ambientCalls(files({ 'src/base/a.ts': way, 'src/cli/a.ts': way })), [], way);
  }
});

test('a chosen time, a word in a comment or text, and a method of something handed in are no such call', () => {
  const text = `
    // Date.now() would not do
    const at = new Date(clock.now());
    const advice = 'call setTimeout(…)' + \`Math.random\`;
    clock.setTimeout(f, 10);
    const pattern = /'"\`new Date()/;
  `;
  assert.deepEqual(ambientCalls(files({ 'src/http/a.ts': text })), []);
});

test('nothing in src is typed any', () => {
  assertNothing(untypedPlaces(src));
});

test('any is found as a type and not as a word', () => {
  for (const typed of [
    'let a: any;',
    'a as any',
    'Map<string, any>',
    'type A = any;',
    'f<any>()',
    'let a: B | any[]',
  ]) {
    assert.equal(untypedPlaces(files({ 'src/base/a.ts': typed })).length, 1, typed);
  }
  for (const word of ['Promise.any([])', `'as any'`, '// : any', 'const a = { any: 1 };', 'let many = company;']) {
    assert.deepEqual(untypedPlaces(files({ 'src/base/a.ts': word })), [], word);
  }
});

test('no type name is declared twice in src', () => {
  assertNothing(typesDeclaredTwice(src));
});

test('a type name that is declared twice is named with both places, exported or not', () => {
  const found = typesDeclaredTwice(
    files({
      'src/base/a.ts': 'export type Row = string;\ntype Own<A> = A;\n',
      'src/store/b.ts': '\ntype Row = number;\n',
      'src/http/c.ts':
        'export interface Own {}\n// type Row\nconst text = `\ntype Row`;\nimport type { Row } from "./d.ts";\n',
    }),
  );
  assert.deepEqual(found, [
    'src/store/b.ts:2: the type Row is declared at src/base/a.ts:1 too',
    'src/http/c.ts:1: the type Own is declared at src/base/a.ts:2 too',
  ]);
});

test(`no file of src has more than ${LONGEST_FILE} lines`, () => {
  assertNothing(tooLong(src));
});

test('a file is too long from the first line over the limit', () => {
  const lines = (count: number): Map<string, string> => files({ 'src/base/a.ts': 'x;\n'.repeat(count) });
  assert.deepEqual(tooLong(lines(LONGEST_FILE)), []);
  assert.deepEqual(tooLong(lines(LONGEST_FILE + 1)), ['src/base/a.ts:251: has 251 lines; 250 is the limit']);
});

test('every form of import is read, and nothing that only looks like one', () => {
  const text = [
    `import a, { type B } from './a.ts';`,
    `import * as c from "./c.ts";`,
    `import type { D } from './d.ts';`,
    `import './e.ts';`,
    `export * as f from './f.ts';`,
    `const g = import('./g.ts');`,
    `// import './no.ts'`,
    'const text = "import \'./no.ts\'" + `import "./no.ts"`;',
    `export const h = 'no';`,
    `export type I = 'no';`,
  ].join('\n');
  assert.deepEqual(
    importsOf(text).map(({ specifier, line, typeOnly }) => `${line} ${specifier} ${typeOnly}`),
    ['1 ./a.ts false', '2 ./c.ts false', '3 ./d.ts true', '4 ./e.ts false', '5 ./f.ts false', '6 ./g.ts false'],
  );
});

test('blanking comments and text moves no character', () => {
  const text = "a(/[/'\"]/, b / c / d); // e\nconst f = `g ${h({ i: '}' })} j`; /* k\nl */ m;";
  const code = "a(/     /, b / c / d);     \nconst f = `  ${h({ i: ' ' })}  `;     \n     m;";
  assert.equal(codeOnly(text), code);
});
