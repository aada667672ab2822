/** The builds with one guard less: one that were whole, or did not start, would show nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { build, mutated } from '../../torture/mutants/build.ts';
import { mutants } from '../../torture/mutants/list.ts';

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
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-mutant-'));
  try {
    build(mutant, folder);
    const child = spawn(process.execPath, ['torture/run.ts', '--operations', '20'], { cwd: folder, stdio: 'pipe' });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.match(stdout, /^operations \d+, faults \d+, violations \d+$/m, stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
