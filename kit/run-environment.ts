/** The environment of benches and experiments. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../src/base/version.ts';

/** A temporary folder, which is removed at the end and after Ctrl-C. */
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

/** The machine, and its load before the run. */
export function machine() {
  return {
    version,
    node: process.versions.node,
    cpus: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    loadBefore: loadavg()[0],
  };
}

/** The number of an option. */
export function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Error(`--${name} must be a number above 0`);
}

/** Ends a run that hangs, after some milliseconds. */
export function endAfter(patience: number): void {
  setTimeout(() => {
    process.stderr.write('the run takes too long and is ended\n');
    process.exit(1);
  }, patience).unref();
}
