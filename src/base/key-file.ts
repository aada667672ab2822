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

/**
 * Reads the key ring. Undefined if the file does not exist; throws if other users can read it or it is not a valid key
 * ring.
 */
export function readKeyFile(file: string): KeyRing | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isDirectory()) throw new SetupError(`the keys file ${file} is a folder: give the path of a file`);
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new SetupError(
      `other users can read the keys file ${file}: run chmod 600 ${file}, and assume that those users know its keys`,
    );
  }
  const parsed = keyRing.safeParse(jsonOf(readFileSync(file, 'utf8')));
  if (!parsed.success) {
    const problems = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new SetupError(`the keys file ${file} is not a valid key ring: ${problems}`);
  }
  return parsed.data;
}

/**
 * Creates the keys file atomically. If several nodes do so at once, one succeeds and all return the ring that it wrote.
 */
export function writeKeyFile(file: string, ring: KeyRing, random: Random): KeyRing {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${random.bytes(6).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    write(handle, ring);
    linkSync(draft, file);
  } catch (error) {
    if (!isExisting(error)) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft);
  }
  return readKeyFile(file) ?? ring;
}

/**
 * Changes the keys file atomically. The draft is opened exclusively before the ring is read, so it is also the lock: of
 * two changes at once, one is refused, and no key is lost.
 */
export function changeKeyFile(name: string, change: (ring: KeyRing) => KeyRing): KeyRing {
  if (!existsSync(name))
    throw new SetupError(`there is no keys file ${name}: set COUNTERSIGN_KEYS to the server's keys file`);
  // If the name is a symbolic link, the rename must replace its target and not the link.
  const file = realpathSync(name);
  const draft = `${file}.new`;
  const handle = openDraft(draft);
  try {
    const ring = readKeyFile(file);
    if (!ring) throw new SetupError(`the keys file ${file} was removed while it was being changed`);
    const changed = keyRing.parse(change(ring));
    write(handle, changed);
    keepOwner(handle, file);
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
    if (!isExisting(error)) throw error;
    throw new SetupError(
      `another command is changing the key ring, or was interrupted: if no command is running, remove ${draft}`,
    );
  }
}

function write(handle: number, ring: KeyRing): void {
  writeSync(handle, `${JSON.stringify(ring, null, 2)}\n`);
  fsyncSync(handle);
}

/** If root changes the file, the server's user must still be able to read it. */
function keepOwner(handle: number, file: string): void {
  const [draft, current] = [fstatSync(handle), statSync(file)];
  if (draft.uid !== current.uid || draft.gid !== current.gid) fchownSync(handle, current.uid, current.gid);
}

/** Without this, a rename may be lost in a power failure. Windows cannot sync a folder. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

const isExisting = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EEXIST';
