import { systemClock } from '../../base/clock.ts';
import { changeKeyFile } from '../../base/key-file.ts';
import { keyKinds, type AnyKey, type KeyKind } from '../../base/keys.ts';
import { systemRandom } from '../../base/random.ts';
import { ringAt, withNextKeys } from '../../base/rotation.ts';
import { CommandFailed } from '../explain.ts';
import { readSettings } from '../settings.ts';

/** `activeIn` is in milliseconds. */
export type RotateOptions = { readonly only?: KeyKind; readonly activeIn: number };

/** Adds the next keys. It needs no database, because the keys are not used yet. */
export function rotateKeys({ only, activeIn }: RotateOptions): void {
  const { keysFile } = readSettings(process.env).options;
  const kinds = only === undefined ? keyKinds : [only];
  const now = systemClock.now();
  const changed = changeKeyFile(keysFile, (read) => {
    const ring = ringAt(read, now);
    for (const kind of kinds) {
      const next = nextOf(ring[kind]);
      if (next)
        throw new CommandFailed(`the ${kind} key ${next.id} becomes active at ${next.active_from}: wait until then`);
    }
    return withNextKeys(ring, kinds, now + activeIn, systemRandom);
  });
  const lines = kinds.map((kind) => `added the ${kind} key ${nextOf(changed[kind])?.id}`);
  const from = new Date(now + activeIn).toISOString();
  process.stdout.write(
    `${lines.join('\n')}\nbecomes active at ${from}: until then give this file to every node and back it up; after that run countersign keys reseal\n`,
  );
}

const nextOf = (keys: readonly AnyKey[]) => keys.find(({ state }) => state === 'next');
