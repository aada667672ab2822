import { z } from 'zod';
import { SetupError } from '../base/fault.ts';
import { keyIdOf } from '../base/seal.ts';
import type { Store } from './store.ts';

const proofForm = z.strictObject({ sealed: z.string(), mac: z.string() });

/**
 * Checks at every start that the key ring belongs to this database. The first start writes the proof that is checked.
 */
export async function checkKeyRing(store: Store): Promise<void> {
  await store.db
    .insertInto('meta')
    .values({ key: 'key_check', value: proofBy(store) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  if (!(await isRingOf(store))) {
    throw new SetupError(
      'the key ring does not match the database: set COUNTERSIGN_KEYS (the option keysFile) to the keys file of this database, or restore it from a backup',
    );
  }
}

/** Whether the store's key ring belongs to this database; undefined if the database has no proof yet. */
export async function isRingOf(store: Store): Promise<boolean | undefined> {
  const proof = await readProof(store.db);
  if (proof === undefined) return undefined;
  const { sealed, mac } = proofForm.parse(JSON.parse(proof));
  return opens(store, sealed) && store.safe.macMatches(place, place, mac);
}

/** Makes a new proof with the active keys. False: another process did so first, or there is no proof. */
export async function renewProof(store: Store): Promise<boolean> {
  const current = await readProof(store.db);
  if (current === undefined) return false;
  const result = await store.db
    .updateTable('meta')
    .set({ value: proofBy(store) })
    .where('key', '=', 'key_check')
    .where('value', '=', current)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The ids of the keys that the proof was made with. */
export async function keysOfProof(db: Store['db']): Promise<{ readonly sealing: string; readonly mac: string }> {
  const { sealed, mac } = proofForm.parse(JSON.parse((await readProof(db)) ?? ''));
  return { sealing: keyIdOf(sealed), mac: keyIdOf(mac) };
}

const place = 'meta.key_check';

const proofBy = ({ safe }: Store) => JSON.stringify({ sealed: safe.seal(place, place), mac: safe.mac(place, place) });

async function readProof(db: Store['db']): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', 'key_check').executeTakeFirst();
  return row?.value;
}

function opens({ safe }: Store, sealed: string): boolean {
  try {
    return safe.open(place, sealed) === place;
  } catch {
    return false;
  }
}

/** Whether no server has started on this database yet, so that nothing in it was sealed. It may have no tables yet. */
export async function isFresh(db: Store['db']): Promise<boolean> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === 'meta')) return true;
  return (await db.selectFrom('meta').select('key').where('key', '=', 'key_check').executeTakeFirst()) === undefined;
}
