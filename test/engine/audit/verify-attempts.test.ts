import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Updateable } from 'kysely';
import { makeKeyRing } from '../../../src/base/keys.ts';
import { verifyRest } from '../../../src/engine/audit/verify-rest.ts';
import { verifyStrands } from '../../../src/engine/audit/verify-strands.ts';
import { pruneAttempts } from '../../../src/engine/audit/prune-attempts.ts';
import { insertAccount } from '../../../src/store/accounts.ts';
import type { PlacedRow } from '../../../src/store/attempt-strands.ts';
import type { Tables } from '../../../src/store/tables.ts';
import { brief, findingsIn, rowsOf, tryTimes } from '../../../kit/attempts.ts';
import { onEachDatabase, type TestDatabase } from '../../../kit/databases.ts';
import { house, type House } from '../../../kit/house.ts';
import { seededRandom } from '../../../kit/random.ts';

type Scene = House &
  AsyncDisposable & {
    readonly db: House['ctx']['store']['db'];
    readonly rows: readonly PlacedRow[];
    readonly strand: string;
    /** Her row in a place. */
    at(seq: number): PlacedRow;
    set(id: string, values: Updateable<Tables['attempts']>): Promise<void>;
    setHead(values: Updateable<Tables['attempt_chains']>): Promise<void>;
    remove(...places: readonly number[]): Promise<void>;
    found(accountId?: string): Promise<readonly (readonly unknown[])[]>;
  };

/** Six attempts of Ada, and some of others in other strands. */
async function scene(database: TestDatabase): Promise<Scene> {
  const home = await house(database);
  await tryTimes(home, 6, 'ada');
  for (const user of ['cy', 'dan', 'eve']) await tryTimes(home, 2, user);
  const { db } = home.ctx.store;
  const rows = await rowsOf(home, 'ada');
  const strand = rows[0]?.strand ?? '';
  assert.equal((await db.selectFrom('attempts').select('id').where('strand', '=', strand).execute()).length, 6);
  assert.deepEqual(await findingsIn(home.ctx), []);
  const at = (seq: number) => rows[seq - 1] ?? assert.fail();
  return {
    ...home,
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
    found: async (accountId) => (await findingsIn(home.ctx, accountId)).map(brief),
  };
}

/** Another value of every column that is no place. */
const changes: Required<Omit<Updateable<Tables['attempts']>, 'strand' | 'seq'>> = {
  id: '202611-f',
  at: 1,
  account_id: 'somebody else',
  user_id: 'somebody else',
  action: 'answer',
  auth_module: 'apikey',
  factor: 'totp',
  outcome: 'success',
  reason: 'replayed',
  session_id: 'another',
  client_ip: '192.0.2.2',
  user_agent: 'another',
  request_id: 'another',
  provider_name: 'sms',
  auth_config_origin: 'another',
  mfa_config_origin: 'another',
  object_id: 'another',
  detail: 'another',
  hash: 'another',
};

const nullable = new Set(Object.keys(changes)).difference(new Set(['id', 'at', 'action', 'outcome']));

onEachDatabase('verification of the log', (database) => {
  test('finds nothing in a log as it was written, and says where each strand ends', async () => {
    await using home = await scene(database);
    const ends = [];
    let told = 0;
    for await (const { strand, rows, newest } of verifyStrands(home.ctx, undefined, (count) => (told += count)))
      ends.push([strand, rows, newest?.seq]);
    assert.equal(told, 12);
    assert.ok(ends.some(([strand, rows, seq]) => strand === home.strand && rows === 6 && seq === 6));
    assert.deepEqual(await verifyRest(home.ctx, undefined), { older: 0, findings: [] });
    assert.deepEqual(await home.found(home.root), []);
  });

  for (const [column, value] of Object.entries(changes)) {
    const values = [value, ...(nullable.has(column) ? [null] : [])];
    test(`names the row whose ${column} was changed`, async () => {
      await using home = await scene(database);
      for (const changed of values) {
        await home.set(home.at(3).id, { [column]: changed });
        const id = column === 'id' ? changed : home.at(3).id;
        assert.deepEqual(await home.found(), [['changed', home.strand, 3, id]]);
        if (column !== 'id') await home.set(home.at(3).id, { [column]: home.at(3)[column as 'action'] });
      }
    });
  }

  for (const [where, places, first] of [
    ['at the beginning', [1], 1],
    ['in the middle', [3], 3],
    ['at the end', [6], 6],
    ['in two places', [2, 5], 2],
    ['one after the other', [4, 5, 6], 4],
    ['everywhere', [1, 2, 3, 4, 5, 6], 1],
  ] as const) {
    test(`names the first row that was removed, ${where}`, async () => {
      await using home = await scene(database);
      await home.remove(...places);
      assert.deepEqual(await home.found(), [['removed', home.strand, first, null]]);
      // What is written later heals nothing.
      await tryTimes(home, 2, 'ada');
      assert.deepEqual(await home.found(), [['removed', home.strand, first, null]]);
    });
  }

  test('says how many rows are gone in one place', async () => {
    await using home = await scene(database);
    await home.remove(3, 4);
    const [finding] = await findingsIn(home.ctx);
    assert.equal(finding?.detail, 'the row is gone, and so are the 1 after it');
    await home.remove(5, 6);
    assert.equal((await findingsIn(home.ctx))[0]?.detail, 'the rows from here to the end, 6, are gone');
  });

  test('names the first of two rows that were swapped', async () => {
    await using home = await scene(database);
    await home.set(home.at(2).id, { seq: 100 });
    await home.set(home.at(5).id, { seq: 2 });
    await home.set(home.at(2).id, { seq: 5 });
    assert.deepEqual(await home.found(), [['changed', home.strand, 2, home.at(5).id]]);
  });

  test('names a row that was put in between, with the others moved to make room', async () => {
    await using home = await scene(database);
    for (const seq of [6, 5, 4, 3]) await home.set(home.at(seq).id, { seq: seq + 1 });
    await home.db
      .insertInto('attempts')
      .values({ ...home.at(3), id: '202611-new', seq: 3 })
      .execute();
    await home.setHead({ seq: 7 });
    assert.deepEqual(await home.found(), [['changed', home.strand, 3, '202611-new']]);
  });

  test('names the first of the rows that were moved up to close a gap', async () => {
    await using home = await scene(database);
    await home.remove(3);
    for (const seq of [4, 5, 6]) await home.set(home.at(seq).id, { seq: seq - 1 });
    await home.setHead({ seq: 5 });
    assert.deepEqual(await home.found(), [['changed', home.strand, 3, home.at(4).id]]);
  });

  test('names a row whose place was given away', async () => {
    await using home = await scene(database);
    await home.set(home.at(3).id, { seq: 7 });
    assert.deepEqual(await home.found(), [['removed', home.strand, 3, null]]);
  });

  test('names a row that was put at the end or before the beginning', async () => {
    await using home = await scene(database);
    await home.db
      .insertInto('attempts')
      .values({ ...home.at(6), id: '202611-new', seq: 7 })
      .execute();
    assert.deepEqual(await home.found(), [['added', home.strand, 7, '202611-new']]);
    await home.set('202611-new', { seq: 9 });
    assert.deepEqual(await home.found(), [['added', home.strand, 9, '202611-new']]);
    await home.set('202611-new', { seq: 0 });
    assert.deepEqual(await home.found(), [['added', home.strand, 0, '202611-new']]);
    await home.set('202611-new', { seq: null });
    assert.deepEqual(await home.found(), [['added', home.strand, null, '202611-new']]);
  });

  test('names a row that was put in as if it were older than the chains', async () => {
    await using home = await scene(database);
    const loose = { ...home.at(6), strand: null, seq: null, hash: null };
    await home.db
      .insertInto('attempts')
      .values({ ...loose, id: '202699-new' })
      .execute();
    assert.deepEqual(await home.found(), [['added', null, null, '202699-new']]);
    assert.deepEqual(await home.found(home.root), [['added', null, null, '202699-new']]);
  });

  test('finds a head that was set back, with its rows or without them, and after the log has gone on', async () => {
    await using home = await scene(database);
    await home.setHead({ seq: 4 });
    assert.deepEqual(await home.found(), [['changed', home.strand, 4, null]]);
    await home.remove(5, 6);
    assert.deepEqual(await home.found(), [['removed', home.strand, 5, null]]);
    await tryTimes(home, 2, 'ada');
    const [next] = (await rowsOf(home, 'ada')).filter(({ seq }) => seq === 5);
    assert.deepEqual(await home.found(), [['changed', home.strand, 5, next?.id]]);
  });

  test('finds a head that was changed', async () => {
    await using home = await scene(database);
    await home.setHead({ tip: home.at(6).hash ?? '' });
    assert.deepEqual(await home.found(), [['removed', home.strand, 7, null]]);
  });

  test('finds a beginning that was moved over rows that are gone', async () => {
    await using home = await scene(database);
    await home.remove(1, 2);
    const anchor = { base_seq: 2, base_hash: home.at(2).hash ?? '' };
    for (const base_seal of ['', home.at(2).hash ?? '']) {
      await home.setHead({ ...anchor, base_seal });
      assert.deepEqual(await home.found(), [['changed', home.strand, 2, null]]);
    }
    await home.setHead({ base_seq: 0, base_hash: 'something', base_seal: '' });
    assert.deepEqual(await home.found(), [['changed', home.strand, 0, null]]);
  });

  test('finds a strand without a head, and one that is gone with all its rows', async () => {
    await using home = await scene(database);
    await home.db.deleteFrom('attempt_chains').where('strand', '=', home.strand).execute();
    assert.deepEqual(await home.found(), [
      ['removed', home.strand, null, null],
      ['removed', null, null, null],
    ]);
    await home.remove(1, 2, 3, 4, 5, 6);
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    // Beginning it anew makes it no secret.
    await tryTimes(home, 1, 'ada');
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
  });

  test('finds a strand that nobody registered', async () => {
    await using home = await scene(database);
    const made = { strand: 'zzz/0', seq: 0, tip: '', base_seq: 0, base_hash: '', base_seal: '' };
    await home.db.insertInto('attempt_chains').values(made).execute();
    assert.deepEqual(await home.found(), [['added', null, null, null]]);
  });

  test('finds a register that is gone or changed, even after it was made anew', async () => {
    await using home = await scene(database);
    await home.db.updateTable('attempt_register').set({ value: 'something' }).execute();
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    await tryTimes(home, 1, 'a user of a new strand', { accountId: 'another' });
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    await home.db.deleteFrom('attempt_register').execute();
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    await tryTimes(home, 1, 'a user of a new strand', { accountId: 'a third' });
    // It keeps nobody from being logged.
    assert.deepEqual(home.lines, []);
    assert.deepEqual(await home.found(), [['added', null, null, null]]);
  });

  test('finds a row that was moved to another account, in both', async () => {
    await using home = await scene(database);
    const other = { id: 'b'.repeat(32), parentId: home.root, name: 'other' };
    await insertAccount(home.ctx.store, other, home.clock.now());
    await home.set(home.at(3).id, { account_id: other.id });
    const changed = ['changed', home.strand, 3, home.at(3).id];
    assert.deepEqual(await home.found(), [changed]);
    assert.deepEqual(await home.found(home.root), [changed]);
    assert.deepEqual(await home.found(other.id), [changed]);
    const there = home.strand.replace(home.root, other.id);
    await home.set(home.at(3).id, { strand: there });
    assert.deepEqual(
      new Set(await home.found()),
      new Set([
        ['removed', home.strand, 3, null],
        ['removed', there, null, null],
      ]),
    );
    assert.deepEqual(await home.found(other.id), [['removed', there, null, null]]);
  });

  test('finds a row of an account that went to another one’s free place', async () => {
    await using home = await scene(database);
    await tryTimes(home, 2, 'ada', { accountId: 'another' });
    const there = home.strand.replace(home.root, 'another');
    await home.set(home.at(6).id, { account_id: 'another', strand: there, seq: 3 });
    await home.db.updateTable('attempt_chains').set({ seq: 3 }).where('strand', '=', there).execute();
    assert.deepEqual(await home.found('another'), [['changed', there, 3, home.at(6).id]]);
  });

  test('reads a strand of several pages', async () => {
    await using home = await house(database);
    const { ctx } = home;
    await ctx.store.db.transaction().execute(async (db) => {
      await tryTimes({ ...home, ctx: { ...ctx, store: { ...ctx.store, db } } }, 501, 'ada');
    });
    const pages: number[] = [];
    const verified = [];
    for await (const one of verifyStrands(ctx, undefined, (rows) => pages.push(rows))) verified.push(one);
    assert.deepEqual([verified[0]?.rows, pages], [501, [250, 250, 1]]);
    const [first] = (await rowsOf(home, 'ada')).slice(400);
    await ctx.store.db
      .updateTable('attempts')
      .set({ reason: null })
      .where('id', '=', first?.id ?? '')
      .execute();
    assert.deepEqual((await findingsIn(ctx)).map(brief), [['changed', first?.strand, 401, first?.id]]);
  });

  test('takes what is pruned during the walk for no loss', async () => {
    await using home = await scene(database);
    let left = 1;
    const { ctx } = home;
    home.clock.tick(1);
    const meanwhile = async () => {
      left -= 1;
      if (left === 0) assert.equal((await pruneAttempts(ctx, home.clock.now(), () => {})).rows, 12);
    };
    const db = new Proxy(home.db, {
      get(target, member) {
        const own: unknown = Reflect.get(target, member, target);
        if (typeof own !== 'function') return own;
        if (member !== 'selectFrom') return own.bind(target) as unknown;
        return (from: 'attempts') =>
          from === 'attempts' ? waiting(target.selectFrom(from), meanwhile) : target.selectFrom(from);
      },
    });
    assert.deepEqual(await findingsIn({ ...ctx, store: { ...ctx.store, db } }), []);
    assert.ok(left <= 0);
  });

  test('holds for rows of a key that was retired, and for none of a key that is not in the ring', async () => {
    await using home = await scene(database);
    const [old] = home.ring.mac;
    const [active] = makeKeyRing(seededRandom('next')).mac;
    assert.ok(old && active);
    const next = await home.node({ ring: { ...home.ring, mac: [{ ...old, state: 'retired' }, active] } });
    assert.deepEqual(await findingsIn(next.ctx), []);
    await tryTimes(next, 2, 'ada');
    assert.deepEqual(await findingsIn(next.ctx), []);
    const hashes = (await rowsOf(home, 'ada')).map(({ hash }) => hash?.split('.')[0]);
    assert.deepEqual(hashes, [...Array<string>(6).fill(old.id), active.id, active.id]);
    await pruneAttempts(next.ctx, home.at(6).at + 1, () => {});
    assert.deepEqual(await findingsIn(next.ctx), []);
    const thief = await home.node({ ring: { ...home.ring, mac: [active] } });
    assert.ok((await findingsIn(thief.ctx)).length > 0);
  });

  test('says how many rows are older than the chains, and finds one too few or too many', async () => {
    await using home = await house(database);
    const { db } = home.ctx.store;
    const older = (id: string) => ({ id, at: 1, account_id: home.root, action: 'login', outcome: 'failed' as const });
    const empty = { user_id: null, auth_module: null, factor: null, reason: null, session_id: null };
    const nobody = { ...empty, client_ip: null, user_agent: null, request_id: null };
    for (const id of ['202601-a', '202601-b', '202601-c'])
      await db
        .insertInto('attempts')
        .values({ ...older(id), ...nobody })
        .execute();
    await tryTimes(home, 1, 'ada');
    assert.deepEqual(await verifyRest(home.ctx, undefined), { older: 3, findings: [] });
    assert.deepEqual(await verifyRest(home.ctx, home.root), { older: 3, findings: [] });
    await db
      .insertInto('attempts')
      .values({ ...older('202601-aa'), ...nobody })
      .execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['added', null, null, null]]);
    await db.deleteFrom('attempts').where('id', 'in', ['202601-a', '202601-aa']).execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['removed', null, null, null]]);
    // One gone and one slipped in are as many as before.
    await db
      .insertInto('attempts')
      .values({ ...older('202699-z'), ...nobody })
      .execute();
    assert.deepEqual((await findingsIn(home.ctx)).map(brief), [['added', null, null, '202699-z']]);
  });

  test('finds a strand whose name begins before every other', async () => {
    await using home = await scene(database);
    await home.set(home.at(6).id, { strand: '', seq: 1 });
    assert.deepEqual(await home.found(), [
      ['removed', '', null, null],
      ['removed', home.strand, 6, null],
    ]);
  });
});

/** A query that is asked after something else has happened. */
function waiting<Query extends object>(query: Query, meanwhile: () => Promise<unknown>): Query {
  return new Proxy(query, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (typeof own !== 'function') return own;
      if (name === 'execute') return async () => (await meanwhile(), (own as () => unknown).call(target));
      return (...given: unknown[]) => {
        const next: unknown = own.apply(target, given);
        return typeof next === 'object' && next !== null ? waiting(next, meanwhile) : next;
      };
    },
  });
}
