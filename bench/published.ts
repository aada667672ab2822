import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Compiles the program as it is published, in a folder from which it finds the same packages, and returns the path of its command. */
export async function buildPublished(): Promise<string> {
  const root = join(import.meta.dirname, '..');
  const folder = join(root, 'node_modules', '.cache', 'bench');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const outDir = join(folder, 'dist');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', outDir], {
    cwd: root,
  });
  return join(outDir, 'cli', 'main.js');
}
