/** The builds with one guard less: one that were whole, or did not start, would show nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mutated } from '../../kit/copy-project.ts';
import { build } from '../mutants/build.ts';
import { mutants } from '../mutants/list.ts';
import { newFolder } from '../../kit/process.ts';
import { program } from './program.ts';

const root = join(import.meta.dirname, '../..');

test('every guard that a mutant lacks stands in the source once', () => {
  for (const { name, file, from, to } of mutants) {
    const source = readFileSync(join(root, file), 'utf8');
    assert.notEqual(mutated(source, from, to), source, name);
  }
  assert.throws(() => mutated('a b a', 'a', 'c'), /does not stand there once/);
  assert.throws(() => mutated('b', 'a', 'c'), /does not stand there once/);
});

test('the copy that lacks it has all that an experiment needs', async () => {
  const [mutant = assert.fail('there is none')] = mutants;
  const folder = newFolder();
  build(mutant, folder);
  const { stdout, stderr } = await program('run.ts', folder)('--operations', '20');
  assert.match(stdout, /^operations \d+, faults \d+, violations \d+$/m, stderr);
});
