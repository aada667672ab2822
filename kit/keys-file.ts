import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { writeKeyFile } from '../src/base/key-file.ts';
import { makeKeyRing } from '../src/base/keys.ts';
import { seededRandom } from './random.ts';

/** The key ring of all servers of a test file. */
export const ring = makeKeyRing(seededRandom('keys'));

let folder: string | undefined;
after(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

export function keysFile(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'countersign-test-keys-'));
    writeKeyFile(join(folder, 'keys.json'), ring, seededRandom('key file'));
  }
  return join(folder, 'keys.json');
}
