/** The mutant builds: a mutant without a change, or one that does not start, would show nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replacedOnce } from '../../kit/copy-project.ts';
import { build } from '../mutants/build.ts';
import { mutants } from '../mutants/list.ts';
import { newFolder } from '../../kit/process.ts';
import { program } from './program.ts';

const root = join(import.meta.dirname, '../..');

test('every guard that a mutant lacks appears in the source once', () => {
  for (const { name, file, from, to } of mutants) {
    const source = readFileSync(join(root, file), 'utf8');
    assert.notEqual(replacedOnce(source, from, to), source, name);
  }
  assert.throws(() => replacedOnce('a b a', 'a', 'c'), /does not appear exactly once/);
  assert.throws(() => replacedOnce('b', 'a', 'c'), /does not appear exactly once/);
});

test('a mutant build has all that an experiment needs', async () => {
  const [mutant = assert.fail('there is none')] = mutants;
  const folder = newFolder();
  build(mutant, folder);
  const { stdout, stderr } = await program('run.ts', folder)('--operations', '20');
  assert.match(stdout, /^operations \d+, faults \d+, violations \d+$/m, stderr);
});
