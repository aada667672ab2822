import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { SetupError } from './fault.ts';
import { jsonOf } from './json.ts';
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
    write(handle, ring);
    linkSync(draft, file);
  } catch (error) {
    if (!isThere(error)) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft);
  }
  return readKeyFile(file) ?? ring;
}

/**
 * Changes the key ring in its file, whole or not at all. The file with the changed ring is made first and keeps everybody else off; then it takes
 * the place of the old one. So two changes at once lose no key: one of them is refused.
 */
export function changeKeyFile(name: string, change: (ring: KeyRing) => KeyRing): KeyRing {
  if (!existsSync(name)) throw new SetupError(`there is no keys file ${name}: set COUNTERSIGN_KEYS to the server's`);
  // A link to the file stays one.
  const file = realpathSync(name);
  const draft = `${file}.new`;
  const handle = openDraft(draft);
  try {
    const ring = readKeyFile(file);
    if (!ring) throw new SetupError(`the keys file ${file} is gone`);
    const changed = keyRing.parse(change(ring));
    write(handle, changed);
    leaveToOwner(handle, file);
    renameSync(draft, file);
    return changed;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(handle);
    syncFolder(dirname(file));
  }
}

function openDraft(draft: string): number {
  try {
    return openSync(draft, 'wx', 0o600);
  } catch (error) {
    if (!isThere(error)) throw error;
    throw new SetupError(
      `the key ring is being changed by another command, or one was cut off: when none runs, remove ${draft}`,
    );
  }
}

function write(handle: number, ring: KeyRing): void {
  writeSync(handle, `${JSON.stringify(ring, null, 2)}\n`);
  fsyncSync(handle);
}

/** An administrator of the machine may change the file; the server must still be able to read it. */
function leaveToOwner(handle: number, file: string): void {
  const [made, kept] = [fstatSync(handle), statSync(file)];
  if (made.uid !== kept.uid || made.gid !== kept.gid) fchownSync(handle, kept.uid, kept.gid);
}

/** Only then does the new name outlive a loss of power. Windows has no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

const isThere = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EEXIST';
