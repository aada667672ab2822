import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { writeKeyFile } from '../../base/key-file.ts';
import { makeKeyRing } from '../../base/keys.ts';
import { systemRandom } from '../../base/random.ts';
import { Refused } from '../explain.ts';
import { readSettings } from '../settings.ts';

export function makeKeys(): void {
  const { keysFile } = readSettings(process.env).options;
  // Never in the place of another: what was sealed with that one could not be read any more.
  const refusal = `there is a keys file ${keysFile} already, and it stays as it is`;
  if (existsSync(keysFile)) throw new Refused(refusal);
  const ring = makeKeyRing(systemRandom);
  if (!isDeepStrictEqual(writeKeyFile(keysFile, ring, systemRandom), ring)) throw new Refused(refusal);
  process.stdout.write(
    `made the key ring ${keysFile}: back it up, apart from the database, which can not be read without it\n`,
  );
}
