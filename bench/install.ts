import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { betterAuthFolder } from './processes.ts';

/** Milliseconds for the download. */
const patience = 3 * 60_000;

/** Installs Better Auth into its own folder, and returns its version; undefined where that fails. */
export async function installBetterAuth(tell: (progress: string) => void): Promise<string | undefined> {
  tell('installing Better Auth');
  try {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: betterAuthFolder, timeout: patience });
  } catch (error) {
    tell(`without Better Auth, which could not be installed: ${String(error).split('\n')[0]}`);
    return undefined;
  }
  const own = JSON.parse(readFileSync(join(betterAuthFolder, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return own.dependencies['better-auth'];
}
