/**
 * The rules that keep src in order. Each takes the files (name, as 'src/base/clock.ts', to text) and gives what is
 * wrong, one line each: file, line, what, why.
 */
import { posix } from 'node:path';
import { codeOnly, importsOf, lineOf } from './source.ts';

export type Files = ReadonlyMap<string, string>;

/** The rooms of src in their order: a file may import from its own room and from those before it. */
export const ROOMS = [
  'client',
  'base',
  'factors',
  'messages',
  'store',
  'engine',
  'http',
  'web',
  'countersign',
  'cli',
  'index',
];

/** Rooms that may ask the system for the time, for randomness and for timers. All others are handed them. */
const ROOMS_WITH_A_CLOCK = ['base', 'cli'];

export const LONGEST_FILE = 250;

/** A room is a folder of src ('src/base/…') or one file ('src/index.ts'). */
function roomOf(file: string): string | undefined {
  const [top, next] = file.split('/');
  return top === 'src' ? next?.replace(/\.ts$/, '') : undefined;
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

function target(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** Imports from a later room, or from outside src. The first room is thereby left with packages only. */
export function wrongImports(files: Files): string[] {
  return [...files].flatMap(([file, text]) => {
    const room = roomOf(file) ?? '';
    const rank = ROOMS.indexOf(room);
    if (rank < 0) return [`${file}:1: is in no known room; the rooms are ${ROOMS.join(', ')}`];
    return importsOf(text)
      .filter(({ specifier }) => isRelative(specifier))
      .flatMap(({ specifier, line }) => {
        const imported = roomOf(target(file, specifier));
        const where = `${file}:${line}: imports ${specifier}`;
        if (imported === undefined) return [`${where}, which is outside src`];
        const later = ROOMS.indexOf(imported) > rank;
        return later ? [`${where}, but ${imported} comes after ${room}`] : [];
      });
  });
}

/** Circles of files that need each other at run time. `import type` is no such need. */
export function importCircles(files: Files): string[] {
  const found: string[] = [];
  const done = new Set<string>();

  const visit = (file: string, path: readonly { file: string; line: number }[]): void => {
    const start = path.findIndex((step) => step.file === file);
    if (start >= 0) {
      const circle = path.slice(start).map((step) => `${step.file}:${step.line}`);
      found.push(`${circle.join(' → ')} → ${file}: imports in a circle`);
      return;
    }
    if (done.has(file)) return;
    for (const { specifier, line, typeOnly } of importsOf(files.get(file) ?? '')) {
      if (isRelative(specifier) && !typeOnly) visit(target(file, specifier), [...path, { file, line }]);
    }
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return found;
}

/** What reaches for the system's clock, randomness and timers: such code cannot be tested at a chosen time. */
const AMBIENT = new RegExp(
  [
    /\bDate\.now\b/,
    /\bnew Date(?:\(\s*\)|(?![\w(]))/,
    /\bperformance\.now\b/,
    /\bprocess\.hrtime\b/,
    /\bMath\.random\b/,
    // Not `clock.setTimeout`: a thing handed in may have a method of that name.
    /(?<![\w$.])(?:(?:globalThis|crypto|webcrypto|timers)\.)*(?:getRandomValues|random(?:Bytes|UUID|UUIDv7|Int|Fill|FillSync)|setTimeout|setInterval)\b/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
);

export function ambientCalls(files: Files): string[] {
  const watched = [...files].filter(([file]) => !ROOMS_WITH_A_CLOCK.includes(roomOf(file) ?? ''));
  return watched.flatMap(([file, text]) =>
    wordsIn(text, AMBIENT, (word) => `${word} is for ${ROOMS_WITH_A_CLOCK.join(' and ')} only`, file),
  );
}

const ANY = /(?:[:<|&,=]|=>|\bas|\bextends)\s*any\b(?!\s*[:(])/g;

export function untypedPlaces(files: Files): string[] {
  return [...files].flatMap(([file, text]) => wordsIn(text, ANY, () => '`any` switches the type check off', file));
}

function wordsIn(text: string, pattern: RegExp, wrong: (word: string) => string, file: string): string[] {
  const matches = [...codeOnly(text).matchAll(pattern)];
  return matches.map((match) => `${file}:${lineOf(text, match.index)}: ${wrong(match[0])}`);
}

export function tooLong(files: Files): string[] {
  return [...files].flatMap(([file, text]) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > LONGEST_FILE
      ? [`${file}:${LONGEST_FILE + 1}: has ${lines} lines; ${LONGEST_FILE} is the limit`]
      : [];
  });
}

const TYPE_NAME = /^(?:export )?(?:type|interface) (\w+)/gm;

/** Type names that an earlier file declares too: a reader, and a search, would find two meanings. */
export function typesDeclaredTwice(files: Files): string[] {
  const first = new Map<string, string>();
  return [...files].flatMap(([file, text]) =>
    [...codeOnly(text).matchAll(TYPE_NAME)].flatMap(({ 1: name = '', index }) => {
      const place = `${file}:${lineOf(text, index)}`;
      const earlier = first.get(name);
      if (earlier === undefined) first.set(name, place);
      return earlier === undefined ? [] : [`${place}: the type ${name} is declared at ${earlier} too`];
    }),
  );
}
