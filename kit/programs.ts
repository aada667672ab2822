import { execFileSync } from 'node:child_process';

/**
 * The missing programs that the pages' commands need, as a reason to skip their tests; undefined where none is missing. With
 * `TEST_POSTGRES=required`, as in CI, a missing program fails the test instead.
 */
export const skipWithoutPrograms = (...more: readonly string[]) =>
  skipWithout('bash', 'curl', 'oathtool', 'openssl', ...more);

/** The same for only these programs. */
export function skipWithout(...needed: readonly string[]): string | undefined {
  const missing = needed.filter((program) => !runs(program, asksVersion[program] ?? '--version'));
  if (needed.includes('curl') && !missing.includes('curl') && !isNewEnough(curlVersion()))
    missing.push('curl 7.83 or newer');
  return missing.length === 0 || process.env.TEST_POSTGRES === 'required'
    ? undefined
    : `missing: ${missing.join(', ')}`;
}

const asksVersion: Readonly<Record<string, string>> = { openssl: 'version', nginx: '-v' };

function curlVersion(): readonly number[] {
  const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' })) ?? [];
  return [Number(major), Number(minor)];
}

/** `--json` came with 7.82, `%{header_json}` with 7.83. */
const isNewEnough = ([major = 0, minor = 0]: readonly number[]) => major > 7 || (major === 7 && minor >= 83);

function runs(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
