import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const project = join(import.meta.dirname, '../..');

/** Runs an experiment as its command does: a file in `torture/` of this project or of a copy, in its own process. */
export const program =
  (file: string, root = project) =>
  async (...options: readonly string[]) => {
    const child = spawn(process.execPath, [join(root, 'torture', file), ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  };
