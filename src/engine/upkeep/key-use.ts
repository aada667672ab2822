import { second } from '../../base/clock.ts';
import type { AnyKey, KeyKind } from '../../base/keys.ts';
import { allStates, countByKey, hashedColumns, sealedColumns, type KeyedColumn } from '../../store/key-columns.ts';
import { keysOfProof } from '../../store/meta.ts';
import { countSessionsBefore } from '../../store/sessions.ts';
import type { Store } from '../../store/store.ts';
import { accessTokenLife } from '../policy/merge-policy.ts';
import type { Context } from '../context.ts';

/** How many values name a key, and where. A signing key is named by tokens, of which nobody knows; there it is the sessions that may have some. */
export type KeyUse = { readonly where: string; readonly values: number };

/** What would be lost with a key of the ring: nothing, where the list is empty. */
export async function usesOf(
  ctx: Pick<Context, 'store' | 'clock'>,
  kind: KeyKind,
  key: AnyKey,
): Promise<readonly KeyUse[]> {
  const uses = await countUses(ctx, kind, key);
  return uses.filter(({ values }) => values > 0);
}

async function countUses({ store, clock }: Pick<Context, 'store' | 'clock'>, kind: KeyKind, key: AnyKey) {
  if (kind === 'signing') return [await sessionsOf(store, key, clock.now())];
  const proof = await keysOfProof(store.db);
  const uses: KeyUse[] = [{ where: 'meta.value', values: proof[kind] === key.id ? 1 : 0 }];
  for (const column of kind === 'sealing' ? sealedColumns : hashedColumns)
    uses.push(await countIn(store, column, key.id));
  if (kind === 'mac') uses.push(await hashesInStates(store, key.id));
  return uses;
}

async function countIn({ db }: Store, column: KeyedColumn, keyId: string): Promise<KeyUse> {
  const [values = 0] = await countByKey(db, column, [keyId]);
  return { where: `${column.table}.${column.column}`, values };
}

/** Recovery codes and codes on their way are keyed hashes inside of sealed states. */
async function hashesInStates(store: Store, keyId: string): Promise<KeyUse> {
  let values = 0;
  for await (const states of allStates(store)) {
    for (const state of states) values += (state ?? '').split(`"${keyId}.`).length - 1;
  }
  return { where: 'inside authenticators.state', values };
}

/** Sessions in force that began before the key made its last token. What can be refreshed has a token of at most the usual life. */
async function sessionsOf(store: Store, key: AnyKey, now: number): Promise<KeyUse> {
  const until = (key.retired_at === undefined ? now : Date.parse(key.retired_at)) + second;
  const values = await countSessionsBefore(store, until, until + accessTokenLife > now, now);
  return { where: 'sessions', values };
}
