import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** An experiment as people run it: a process of its own, by its file in `torture/`. */
export const program =
  (file: string) =>
  async (...options: readonly string[]) => {
    const path = fileURLToPath(new URL(`../../torture/${file}`, import.meta.url));
    const child = spawn(process.execPath, [path, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  };
