import { second } from '../../base/clock.ts';
import type { AnyKey, KeyKind } from '../../base/keys.ts';
import { allStates, countByKey, hashedColumns, sealedColumns, type KeyedColumn } from '../../store/key-columns.ts';
import { keysOfProof } from '../../store/meta.ts';
import { countSessionsBefore } from '../../store/sessions.ts';
import type { Store } from '../../store/store.ts';
import { accessTokenLife } from '../policy/merge-policy.ts';
import type { Context } from '../context.ts';

/**
 * How many values need a key, and where. Tokens are not stored, so for a signing key these are the sessions that may
 * have tokens of it.
 */
export type KeyUse = { readonly where: string; readonly values: number };

/** The values that could not be read without a key; empty if the key can be removed. */
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

/** Counts keyed hashes inside sealed states: recovery codes and sent codes. */
async function hashesInStates(store: Store, keyId: string): Promise<KeyUse> {
  let values = 0;
  for await (const states of allStates(store)) {
    for (const state of states) values += (state ?? '').split(`"${keyId}.`).length - 1;
  }
  return { where: 'inside authenticators.state', values };
}

/**
 * Counts valid sessions that may have a token of the key. Those that can be refreshed have tokens of at most an hour.
 */
async function sessionsOf(store: Store, key: AnyKey, now: number): Promise<KeyUse> {
  const until = (key.retired_at === undefined ? now : Date.parse(key.retired_at)) + second;
  const values = await countSessionsBefore(store, until, until + accessTokenLife > now, now);
  return { where: 'sessions', values };
}
