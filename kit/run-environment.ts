/** What both benches need around them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../src/base/version.ts';

/** A folder that is gone at the end, also at the one that Ctrl-C makes. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  const stop = () => process.exit(1);
  process.once('exit', remove).once('SIGINT', stop).once('SIGTERM', stop);
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove).off('SIGINT', stop).off('SIGTERM', stop);
      remove();
    },
  };
}

/** Where it was measured, and how busy that was before. */
export function machine() {
  return {
    version,
    node: process.versions.node,
    cpus: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    loadBefore: loadavg()[0],
  };
}

/** The number that an option was given. */
export function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Error(`--${name} must be a number above 0`);
}

/** Ends a run in which something hangs, after some milliseconds. */
export function endAfter(patience: number): void {
  setTimeout(() => {
    process.stderr.write('this takes too long, something hangs\n');
    process.exit(1);
  }, patience).unref();
}
