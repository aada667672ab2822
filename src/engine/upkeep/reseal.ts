import { activeKey, type KeyRing } from '../../base/keys.ts';
import { countByKey, openedValue, sealedColumns, type SealedColumn } from '../../store/key-columns.ts';
import { keysOfProof, renewProof } from '../../store/meta.ts';
import type { Store } from '../../store/store.ts';

export type Resealed = {
  /** The number of values in this page. */
  readonly values: number;
  /** Those that no key of the ring can decrypt: `table.column id`. */
  readonly unreadable: readonly string[];
};

const page = 50;

/** The number of values that are not sealed with the active key. */
export async function countToReseal({ db }: Store, ring: KeyRing): Promise<number> {
  const others = ring.sealing.filter((key) => key.state !== 'active').map(({ id }) => id);
  let values = 0;
  for (const column of sealedColumns) {
    for (const count of await countByKey(db, column, others)) values += count;
  }
  return values;
}

/**
 * Seals all values again that are not sealed with the active key, while the server runs. Each value is replaced by
 * itself if it is unchanged; one that changes at the same time is sealed with the active key by that write. If
 * interrupted, call it again.
 */
export async function* reseal(store: Store, ring: KeyRing): AsyncGenerator<Resealed> {
  const { id } = activeKey(ring.sealing);
  for (const column of sealedColumns) yield* resealColumn(store, column, id);
  const proof = await keysOfProof(store.db);
  if (proof.sealing !== id || proof.mac !== activeKey(ring.mac).id) await renewProof(store);
}

async function* resealColumn(store: Store, column: SealedColumn, keyId: string): AsyncGenerator<Resealed> {
  const { db, safe } = store;
  for (let after = ''; ;) {
    const read = await column.page(db, keyId, after, page);
    const unreadable: string[] = [];
    for (const value of read) {
      const text = openedValue(safe, value);
      if (text === undefined) unreadable.push(`${column.table}.${column.column} ${value.id}`);
      else await column.replace(db, value, safe.seal(value.place, text));
    }
    if (read.length > 0) yield { values: read.length, unreadable };
    const last = read.at(-1);
    if (last === undefined || read.length < page) return;
    after = last.id;
  }
}
