/**
 * The linter's configuration, tried on planted files in one run. Lines that must be refused are marked with the rule's name, so a test compares
 * lines with lines.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, test } from 'node:test';
import { copyProject } from '../../kit/copy-project.ts';
import { forbiddenTo, isFile, ROOMS } from '../lint/rooms.ts';

const root = join(import.meta.dirname, '../..');
const PROJECT = ['src', 'kit', 'test', 'bench', 'torture', 'tools'];

type Problem = { readonly filename: string; readonly code: string; readonly labels: [{ span: { line: number } }] };

const folder = mkdtempSync(join(tmpdir(), 'countersign-lint-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const refused = (rule: string, code: string): string => `${code} // refused: ${rule}`;
const marked = (text: string, rule: string): string[] =>
  text.split('\n').filter((line) => line.endsWith(`// refused: ${rule}`));

/** Imports of every other room, marked where the order forbids them. A room is also tried from a folder within it. */
function importsOfAllRooms(room: string, file: string): string {
  const forbidden = forbiddenTo(room);
  return ROOMS.filter((other) => other !== room)
    .map((other) => {
      const path = posix.relative(posix.dirname(file), isFile(other) ? other : `${other}/absent.ts`);
      const line = `export * from '${path.startsWith('.') ? path : `./${path}`}';`;
      return forbidden.includes(other) ? refused('no-restricted-imports', line) : line;
    })
    .join('\n');
}
const filesIn = (room: string): string[] =>
  isFile(room) ? [room] : [`${room}/planted.ts`, `${room}/within/planted.ts`];
const inRooms = ROOMS.flatMap((room) => filesIn(room).map((file) => [file, importsOfAllRooms(room, file)] as const));

const WAYS_ROUND = [
  `import type { A } from '../../cli/a.ts';`,
  `export const b = await import('../../cli/b.ts');`,
  `import { c } from '../../../src/cli/c.ts';`,
  `import { d } from '../policy/../../../cli/d.ts';`,
  `import { d2 } from './../session/d.ts';`,
  `import { e } from '../../engine/session/e.ts';`,
];

const AMBIENT = {
  'no-restricted-globals': [
    'setTimeout(f, 10);',
    'globalThis.setInterval(f, 10);',
    'global.setInterval(f, 10);',
    'performance.now();',
    'crypto.getRandomValues(bytes);',
    'globalThis.crypto.randomUUID();',
    'globalThis.Date.now();',
    'const { setTimeout: later } = globalThis;',
  ],
  'no-restricted-properties': [
    'const a = Date.now();',
    'const { now } = Date;',
    'const text = `at ${`${Date.now()}`}`;',
    'process.hrtime.bigint();',
    'Math.random();',
  ],
  'no-restricted-imports': [
    `import { randomBytes } from 'node:crypto';`,
    `import { webcrypto } from 'node:crypto';`,
    `import own from 'crypto';`,
    `import * as all from 'node:crypto';`,
    `import { setTimeout as wait } from 'node:timers/promises';`,
    `import { performance as timing } from 'node:perf_hooks';`,
    `import { hrtime } from 'node:process';`,
  ],
  'no-current-date': ['const b = new Date();', 'const c = new Date;', 'const d = Date();'],
};
const ambient = (line = (_rule: string, code: string) => code): string =>
  Object.entries(AMBIENT)
    .flatMap(([rule, ways]) => ways.map((code) => line(rule, code)))
    .join('\n');
const HANDED_IN = `
  // Date.now() would not do
  import { createHmac } from 'node:crypto';
  const at = new Date(clock.now());
  const advice = 'call setTimeout(…)' + \`Math.random\`;
  clock.setTimeout(f, 10);
  const pattern = /'"\`new Date()/;
`;

const ANY = ['let a: any;', 'const b = a as any;', 'let c: Map<string, any>;', 'type D = any;', 'let e: D | any[];'];
const NO_ANY = 'Promise.any([]);\nconst f = { any: 1 };\nlet many = company; // : any';

const withParams = (count: number): string =>
  `export function f${count}(${Array.from({ length: count }, (_, at) => `p${at}`).join(', ')}) {}`;
const withLines = (count: number): string => `{\n\n  // a comment\n${'  x();\n'.repeat(count - 2)}}`;

const planted = new Map<string, string>([
  ...inRooms,
  ['src/engine/policy/round.ts', WAYS_ROUND.map((line) => refused('no-restricted-imports', line)).join('\n')],
  [
    'src/client/packages.ts',
    [
      `import './own.ts';`,
      refused('no-restricted-imports', `import { z } from 'zod';`),
      refused('no-restricted-imports', `import type { Readable } from 'node:stream';`),
    ].join('\n'),
  ],
  ['src/store/circle.ts', refused('no-cycle', `import type { Row } from './of-types.ts';`)],
  ['src/store/of-types.ts', refused('no-cycle', `import type { Circle } from './circle.ts';`)],
  ['src/http/server/ambient.ts', ambient(refused)],
  ['src/http/server/handed-in.ts', HANDED_IN],
  ['src/base/ambient.ts', ambient()],
  ['src/cli/ambient.ts', ambient()],
  ['src/base/any.ts', [...ANY.map((line) => refused('no-explicit-any', line)), NO_ANY].join('\n')],
  ['src/engine/login/params.ts', `${withParams(3)}\n${refused('max-params', withParams(4))}`],
  ['src/http/doors/deux/params.ts', `${withParams(3)}\n${refused('max-params', withParams(4))}`],
  ...['src/store', 'kit', 'bench', 'torture', 'tools'].map(
    (at) => [`${at}/params.ts`, `${withParams(4)}\n${refused('max-params', withParams(5))}`] as const,
  ),
  [
    'src/store/functions.ts',
    `export function short() ${withLines(40)}\nexport function long() ${withLines(41).replace('{\n', `{ // refused: max-lines-per-function\n`)}`,
  ],
  ['src/store/functions.test.ts', `export function long() ${withLines(41)}`],
  ['src/store/migrations/functions.ts', `export function long() ${withLines(41)}`],
  ['src/store/250-lines.ts', 'x();\n'.repeat(250)],
  ['src/store/251-lines.ts', 'x();\n'.repeat(251)],
  ['src/store/directive.ts', '// oxlint-disable-next-line no-console -- nothing to disable\nx();'],
]);

let problems: readonly Problem[];

before(() => {
  copyProject(folder, ['oxlint.config.ts', 'tools/lint']);
  for (const [file, text] of planted) {
    mkdirSync(join(folder, posix.dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  problems = lint();
});

function lint(): readonly Problem[] {
  const linter = join(root, 'node_modules/oxlint/bin/oxlint');
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 24 } as const;
  try {
    execFileSync(process.execPath, [linter, '--format=json', ...PROJECT], options);
  } catch (error) {
    // Exit code 1 says that there are problems.
    const { stdout } = error as { readonly stdout: string };
    return (JSON.parse(stdout) as { readonly diagnostics: readonly Problem[] }).diagnostics;
  }
  return [];
}

/** The lines of a planted file that a rule refuses, each once. */
function found(file: string, rule: string): string[] {
  const lines = planted.get(file)?.split('\n') ?? [];
  const here = problems.filter(({ filename, code }) => filename === file && code.endsWith(`(${rule})`));
  return [...new Set(here.map(({ labels: [{ span }] }) => lines[span.line - 1] ?? ''))];
}

function assertRefused(file: string, rule: string): void {
  const expected = marked(planted.get(file) ?? '', rule);
  assert.deepEqual(found(file, rule).toSorted(), expected.toSorted(), file);
}

test('every file of the project is in one room, and every room is there', () => {
  const files = globSync(`{${PROJECT.join()}}/**/*.ts`, { cwd: root });
  assert.ok(files.length > 500);
  for (const file of files) {
    const rooms = ROOMS.filter((room) => file === room || file.startsWith(`${room}/`));
    assert.equal(rooms.length, 1, `${file} is in ${rooms.length} rooms of tools/lint/rooms.ts`);
  }
  for (const room of ROOMS) assert.ok(existsSync(join(root, room)), `${room} is in tools/lint/rooms.ts only`);
});

test('the order of the rooms: an engine without HTTP, doors apart, tests apart', () => {
  assert.ok(forbiddenTo('src/base').includes('src/factors'));
  assert.ok(forbiddenTo('src/engine/operations.ts').includes('src/http/server'));
  assert.ok(forbiddenTo('src/http/doors/deux').includes('src/http/doors/acceleratxr'));
  assert.ok(forbiddenTo('src/http/doors/acceleratxr').includes('src/http/doors/deux'));
  assert.ok(forbiddenTo('src/index.ts').includes('kit'));
  assert.ok(forbiddenTo('test').includes('torture'));
  assert.ok(!forbiddenTo('torture').includes('src/cli'));
});

for (const room of ROOMS) {
  test(`${room} may import earlier rooms and no other`, () => {
    for (const file of filesIn(room)) assertRefused(file, 'no-restricted-imports');
  });
}

test('a type, an import at run time and a longer path are imports too', () => {
  assertRefused('src/engine/policy/round.ts', 'no-restricted-imports');
});

test('the client imports no package', () => {
  assertRefused('src/client/packages.ts', 'no-restricted-imports');
});

test('files that import each other are refused, even for types alone', () => {
  assertRefused('src/store/circle.ts', 'no-cycle');
  assertRefused('src/store/of-types.ts', 'no-cycle');
});

for (const rule of Object.keys(AMBIENT)) {
  test(`time, randomness and timers are for base and cli only (${rule})`, () => {
    for (const file of ['src/http/server/ambient.ts', 'src/base/ambient.ts', 'src/cli/ambient.ts'])
      assertRefused(file, rule);
  });

  test(`a chosen time, a word in a text and a method of what is handed in are not ambient (${rule})`, () => {
    assertRefused('src/http/server/handed-in.ts', rule);
  });
}

test('any is refused as a type and not as a word', () => {
  assertRefused('src/base/any.ts', 'no-explicit-any');
});

test('a function has three parameters in the engine and over HTTP, four elsewhere', () => {
  const files = [...planted.keys()].filter((file) => file.endsWith('/params.ts'));
  assert.equal(files.length, 7);
  for (const file of files) assertRefused(file, 'max-params');
});

test('a function has forty lines of code; tests and migrations may have more', () => {
  for (const file of ['functions.ts', 'functions.test.ts', 'migrations/functions.ts'])
    assertRefused(`src/store/${file}`, 'max-lines-per-function');
});

test('a file of src has 250 lines', () => {
  assert.equal(found('src/store/250-lines.ts', 'max-lines').length, 0);
  assert.equal(found('src/store/251-lines.ts', 'max-lines').length, 1);
});

test('there are at most ten exceptions, each for one line and with its reason', () => {
  const files = globSync(`{${PROJECT.join()},examples}/**/*.{ts,js,mjs}`, { cwd: root });
  const exceptions = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^ *\/[/*] *(?:ox|es)lint-disable.*$/gm)].map(([line]) =>
      line.trim(),
    ),
  );
  assert.ok(exceptions.length <= 10, exceptions.join('\n'));
  for (const line of exceptions) assert.match(line, /^\/\/ oxlint-disable-next-line \S+ -- \w/);
});

test('a comment that disables nothing is refused', () => {
  const about = problems.filter(({ filename }) => filename === 'src/store/directive.ts');
  assert.equal(about.length, 1);
});
