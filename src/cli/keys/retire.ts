import { minute, systemClock } from '../../base/clock.ts';
import { changeKeyFile } from '../../base/key-file.ts';
import { keyKinds, type AnyKey, type KeyKind, type KeyRing } from '../../base/keys.ts';
import { ringAt, withoutKey } from '../../base/rotation.ts';
import { usesOf } from '../../engine/operations.ts';
import { CommandFailed } from '../explain.ts';
import { readSettings } from '../settings.ts';
import { withCountersign } from '../user/with-countersign.ts';
import { usesText } from './list.ts';

/** For this long, a node whose clock is slow, or a request in progress, may still use a key that other nodes have retired. */
const grace = 10 * minute;

export async function retireKey(id: string): Promise<void> {
  const kinds = await withCountersign(async (ctx, countersign) => {
    const found = keysWith(countersign.keys(), id);
    if (found.length === 0) throw new CommandFailed(`there is no key ${id} in the ring`);
    for (const { kind, key } of found) {
      assertOver(kind, key, ctx.now);
      const uses = await usesOf(ctx, kind, key);
      if (uses.length > 0)
        throw new CommandFailed(`the ${kind} key ${id} is still used and stays: ${usesText(uses)}${advice[kind]}`);
    }
    return found.map(({ kind }) => kind);
  });
  const { keysFile } = readSettings(process.env).options;
  changeKeyFile(keysFile, (read) => {
    const ring = ringAt(read, systemClock.now());
    return kinds.reduce((left, kind) => withoutKey(left, kind, id), ring);
  });
  process.stdout.write(`the ${kinds.join(', ')} key ${id} is no longer in the ring: give this file to every node\n`);
}

const advice: Readonly<Record<KeyKind, string>> = {
  sealing: ': run countersign keys reseal',
  mac: '; keyed hashes cannot be resealed: they are deleted with their rows',
  signing: '; their tokens expire with them',
};

/** Ids are random, but a ring that was written by hand may have duplicates. */
const keysWith = (ring: KeyRing, id: string): readonly { kind: KeyKind; key: AnyKey }[] =>
  keyKinds.flatMap((kind) => ring[kind].filter((key) => key.id === id).map((key) => ({ kind, key })));

function assertOver(kind: KeyKind, { id, state, retired_at: at }: AnyKey, now: number): void {
  if (state !== 'retired')
    throw new CommandFailed(`the ${kind} key ${id} is ${state}: only a retired key can be removed`);
  if (at !== undefined && now < Date.parse(at) + grace)
    throw new CommandFailed(
      `the ${kind} key ${id} was retired at ${at}: wait until ${new Date(Date.parse(at) + grace).toISOString()}, because the clock of a node may be slow`,
    );
}
