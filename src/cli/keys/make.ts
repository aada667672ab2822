import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { writeKeyFile } from '../../base/key-file.ts';
import { makeKeyRing } from '../../base/keys.ts';
import { systemRandom } from '../../base/random.ts';
import { CommandFailed } from '../explain.ts';
import { readSettings } from '../settings.ts';

export function makeKeys(): void {
  const { keysFile } = readSettings(process.env).options;
  // An existing file is never replaced: values sealed with its keys would become unreadable.
  const refusal = `the keys file ${keysFile} exists already and was not changed`;
  if (existsSync(keysFile)) throw new CommandFailed(refusal);
  const ring = makeKeyRing(systemRandom);
  if (!isDeepStrictEqual(writeKeyFile(keysFile, ring, systemRandom), ring)) throw new CommandFailed(refusal);
  process.stdout.write(
    `created the key ring ${keysFile}: back it up separately from the database, which cannot be read without it\n`,
  );
}
