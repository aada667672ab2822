import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
  fsyncSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { SetupError } from './fault.ts';
import { keyRing, type KeyRing } from './keys.ts';
import type { Random } from './random.ts';

/** The key ring in its file. Absent: undefined. A file that others can read, or that is no key ring, stops the start. */
export function readKeyFile(file: string): KeyRing | undefined {
  if (!existsSync(file)) return undefined;
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new SetupError(
      `the keys file ${file} can be read by others: run chmod 600 ${file}, and consider its keys known to them`,
    );
  }
  const read = keyRing.safeParse(jsonOf(readFileSync(file, 'utf8')));
  if (!read.success)
    throw new SetupError(`the keys file ${file} is no key ring: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`);
  return read.data;
}

/** Writes a new key ring, whole or not at all. Of several nodes that do it at once one wins; all read what it wrote. */
export function writeKeyFile(file: string, ring: KeyRing, random: Random): KeyRing {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${random.bytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(ring, null, 2)}\n`);
    fsyncSync(handle);
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft);
  }
  return readKeyFile(file) ?? ring;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
