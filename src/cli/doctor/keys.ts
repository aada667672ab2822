import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile } from '../../base/key-file.ts';
import { activeKey, keyKinds, type AnyKey, type KeyRing } from '../../base/keys.ts';
import { ringAt } from '../../base/rotation.ts';
import { sqliteFileOf } from '../../store/store.ts';
import type { ServerSettings } from '../settings.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

export function checkKeys({ options }: ServerSettings): {
  readonly keys: readonly Finding[];
  readonly ring?: KeyRing | undefined;
} {
  const { keysFile, database } = options;
  try {
    const read = readKeyFile(keysFile);
    if (!read) return { keys: [missing(keysFile)] };
    const ring = ringAt(read, systemClock.now());
    const active = keyKinds.map((kind) => `${kind} ${activeKey<AnyKey>(ring[kind]).id}`);
    return { ring, keys: [ok('keys', `active: ${active.join(', ')}`), ...checkPlace(keysFile, database)] };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { keys: [problem('keys', error.message, 'correct it: without the key ring no server starts')] };
  }
}

const missing = (file: string) =>
  problem(
    'keys',
    `there is no keys file ${file}`,
    'set COUNTERSIGN_KEYS, restore it, or for a new installation: countersign keys make',
  );

function checkPlace(keysFile: string, database: string): readonly Finding[] {
  const file = sqliteFileOf(database);
  if (file === undefined) return [];
  const folder = dirname(realpathSync(keysFile));
  if (folder !== resolve(dirname(file))) return [];
  return [
    warning(
      'keys',
      `the keys are in the same folder as the database, ${folder}`,
      'move the keys (COUNTERSIGN_KEYS) and back them up separately: a copy of that folder contains all secrets',
    ),
  ];
}
