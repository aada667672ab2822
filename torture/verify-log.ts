import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Violation } from './history.ts';

const program = join(import.meta.dirname, '../src/cli/main.ts');

/** Runs `countersign attempts verify`. */
export async function verifyLog(environment: Readonly<Record<string, string>>): Promise<readonly Violation[]> {
  const env = { ...process.env, ...environment };
  try {
    await promisify(execFile)(process.execPath, [program, 'attempts', 'verify'], { env, maxBuffer: 2 ** 26 });
    return [];
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const wrong = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('intact'));
    return [{ rule: 'the log of attempts verifies', what: [stderr.trim(), ...wrong].join('\n'), seen: [] }];
  }
}
