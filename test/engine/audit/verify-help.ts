import assert from 'node:assert/strict';
import type { Updateable } from 'kysely';
import type { PlacedRow } from '../../../src/store/attempt-chain-rows.ts';
import type { Tables } from '../../../src/store/tables.ts';
import { brief, findingsIn, rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import type { TestDatabase } from '../../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../../kit/test-engine.ts';

type Scene = TestEngine &
  AsyncDisposable & {
    readonly db: TestEngine['ctx']['store']['db'];
    readonly rows: readonly PlacedRow[];
    readonly strand: string;
    /** Her row in a place. */
    at(seq: number): PlacedRow;
    set(id: string, values: Updateable<Tables['attempts']>): Promise<void>;
    setHead(values: Updateable<Tables['attempt_chains']>): Promise<void>;
    remove(...places: readonly number[]): Promise<void>;
    found(accountId?: string): Promise<readonly (readonly unknown[])[]>;
  };

/** Six attempts of Ada, and some of others in other chains. */
export async function scene(database: TestDatabase): Promise<Scene> {
  const engine = await startEngine(database);
  await logFailedAttempts(engine, 6, 'ada');
  for (const user of ['cy', 'dan', 'eve']) await logFailedAttempts(engine, 2, user);
  const { db } = engine.ctx.store;
  const rows = await rowsOf(engine, 'ada');
  const strand = rows[0]?.strand ?? '';
  assert.equal((await db.selectFrom('attempts').select('id').where('strand', '=', strand).execute()).length, 6);
  assert.deepEqual(await findingsIn(engine.ctx), []);
  const at = (seq: number) => rows[seq - 1] ?? assert.fail();
  return {
    ...engine,
    db,
    rows,
    strand,
    at,
    set: async (id, values) => void (await db.updateTable('attempts').set(values).where('id', '=', id).execute()),
    setHead: async (values) =>
      void (await db.updateTable('attempt_chains').set(values).where('strand', '=', strand).execute()),
    remove: async (...places) =>
      void (await db
        .deleteFrom('attempts')
        .where('strand', '=', strand)
        .where('seq', 'in', [...places])
        .execute()),
    found: async (accountId) => (await findingsIn(engine.ctx, accountId)).map(brief),
  };
}
