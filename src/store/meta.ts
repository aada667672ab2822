import { z } from 'zod';
import { SetupError } from '../base/fault.ts';
import type { Store } from './store.ts';

const proofForm = z.strictObject({ sealed: z.string(), mac: z.string() });

/** Proves at every start that the key ring is the one this database was written with. The first start writes the proof. */
export async function checkKeyRing(store: Store): Promise<void> {
  const { db, safe } = store;
  const place = 'meta.key_check';
  const proof = JSON.stringify({ sealed: safe.seal(place, place), mac: safe.mac(place, place) });
  await db
    .insertInto('meta')
    .values({ key: 'key_check', value: proof })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db.selectFrom('meta').select('value').where('key', '=', 'key_check').executeTakeFirstOrThrow();
  const kept = proofForm.parse(JSON.parse(row.value));
  if (!opens(store, place, kept.sealed) || !safe.macMatches(place, place, kept.mac)) {
    throw new SetupError(
      'the key ring does not match the database: give the keys file that belongs to it (COUNTERSIGN_KEYS), or restore it from a backup',
    );
  }
}

function opens({ safe }: Store, place: string, sealed: string): boolean {
  try {
    return safe.open(place, sealed) === place;
  } catch {
    return false;
  }
}

/** Whether nothing was ever sealed into this database. */
export async function isFresh(db: Store['db']): Promise<boolean> {
  return (await db.selectFrom('meta').select('key').where('key', '=', 'key_check').executeTakeFirst()) === undefined;
}
