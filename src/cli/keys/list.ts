import { keyKinds, type AnyKey } from '../../base/keys.ts';
import { usesOf } from '../../engine/operations.ts';
import type { KeyUse } from '../../engine/upkeep/key-use.ts';
import { withCountersign } from '../user/with-countersign.ts';

/** Prints one line for each key. */
export async function listKeys(): Promise<void> {
  await withCountersign(async (ctx, countersign) => {
    const ring = countersign.keys();
    for (const kind of keyKinds) {
      for (const key of ring[kind]) {
        const uses = await usesOf(ctx, kind, key);
        process.stdout.write(`${kind.padEnd(8)} ${key.id} ${key.state.padEnd(8)}${sinceOf(key)} ${usesText(uses)}\n`);
      }
    }
  });
}

function sinceOf({ state, active_from: from, retired_at: until }: AnyKey): string {
  const since = state === 'retired' ? until : from;
  if (since === undefined) return '';
  return state === 'next' ? ` from ${since}` : ` since ${since}`;
}

/** The number of values that use a key, and where they are. */
export function usesText(uses: readonly KeyUse[]): string {
  const values = uses.reduce((sum, use) => sum + use.values, 0);
  const places = uses.map((use) => `${use.where} ${use.values}`).join(', ');
  return `values=${values}${places === '' ? '' : ` (${places})`}`;
}
