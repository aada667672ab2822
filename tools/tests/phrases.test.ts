import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { oddPhrases } from '../lint/phrases.ts';

const root = join(import.meta.dirname, '../..');

const files = globSync(['src/**/*.ts', '*.md', 'docs/*.md', 'bench/*.md', 'examples/*/README.md'], {
  cwd: root,
}).toSorted();

test('the code and the documents are written plainly', () => {
  assert.ok(files.length > 250);
  const odd = files.flatMap((file) =>
    oddPhrases(readFileSync(join(root, file), 'utf8')).map(
      ({ line, said, instead }) => `${file}:${line}: "${said}" (${instead})`,
    ),
  );
  assert.deepEqual(odd, []);
});

test('phrases are found in comments, strings and prose, and not in code blocks, headings and questions', () => {
  const said = (text: string) => oddPhrases(text).map((phrase) => phrase.said);
  assert.deepEqual(said("throw new Error('can not be read');"), ['can not']);
  assert.deepEqual(said('/** The house answers. */'), ['The house']);
  assert.deepEqual(said('/** Who finds one full gets 503. */'), ['/** Who finds one full gets 503. */']);
  assert.deepEqual(said('/** What a session needs. */'), ['/** What a session needs. */']);
  assert.deepEqual(said('// What is it?'), []);
  assert.deepEqual(said('It is full. Nobody gets in.'), ['. Nobody gets in.']);
  assert.deepEqual(said('# Who reads this\n```sh\n# the house\n```\nWho is it?\nSee [this](the-house.md).'), []);
});
