import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Updateable } from 'kysely';
import { verifyStrayRows } from '../../../src/engine/audit/verify-stray-rows.ts';
import { verifyChains } from '../../../src/engine/audit/verify-chains.ts';
import { insertAccount } from '../../../src/store/accounts.ts';
import type { Tables } from '../../../src/store/tables.ts';
import { findingsIn, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { scene } from './verify-help.ts';

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
  test('finds nothing in a log as it was written, and says where each chain ends', async () => {
    await using fixture = await scene(database);
    const ends = [];
    let told = 0;
    for await (const { strand, rows, newest } of verifyChains(fixture.ctx, undefined, (count) => (told += count)))
      ends.push([strand, rows, newest?.seq]);
    assert.equal(told, 12);
    assert.ok(ends.some(([strand, rows, seq]) => strand === fixture.strand && rows === 6 && seq === 6));
    assert.deepEqual(await verifyStrayRows(fixture.ctx, undefined), { older: 0, findings: [] });
    assert.deepEqual(await fixture.found(fixture.root), []);
  });

  for (const [column, value] of Object.entries(changes)) {
    const values = [value, ...(nullable.has(column) ? [null] : [])];
    test(`names the row whose ${column} was changed`, async () => {
      await using fixture = await scene(database);
      for (const changed of values) {
        await fixture.set(fixture.at(3).id, { [column]: changed });
        const id = column === 'id' ? changed : fixture.at(3).id;
        assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 3, id]]);
        if (column !== 'id') await fixture.set(fixture.at(3).id, { [column]: fixture.at(3)[column as 'action'] });
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
      await using fixture = await scene(database);
      await fixture.remove(...places);
      assert.deepEqual(await fixture.found(), [['removed', fixture.strand, first, null]]);
      // What is written later heals nothing.
      await logFailedAttempts(fixture, 2, 'ada');
      assert.deepEqual(await fixture.found(), [['removed', fixture.strand, first, null]]);
    });
  }

  test('says how many rows are gone in one place', async () => {
    await using fixture = await scene(database);
    await fixture.remove(3, 4);
    const [finding] = await findingsIn(fixture.ctx);
    assert.equal(finding?.detail, 'the row is missing, and 1 more after it');
    await fixture.remove(5, 6);
    assert.equal((await findingsIn(fixture.ctx))[0]?.detail, 'the rows from here to the end, 6, are missing');
  });

  test('names the first of two rows that were swapped', async () => {
    await using fixture = await scene(database);
    await fixture.set(fixture.at(2).id, { seq: 100 });
    await fixture.set(fixture.at(5).id, { seq: 2 });
    await fixture.set(fixture.at(2).id, { seq: 5 });
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 2, fixture.at(5).id]]);
  });

  test('names a row that was put in between, with the others moved to make room', async () => {
    await using fixture = await scene(database);
    for (const seq of [6, 5, 4, 3]) await fixture.set(fixture.at(seq).id, { seq: seq + 1 });
    await fixture.db
      .insertInto('attempts')
      .values({ ...fixture.at(3), id: '202611-new', seq: 3 })
      .execute();
    await fixture.setHead({ seq: 7 });
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 3, '202611-new']]);
  });

  test('names the first of the rows that were moved up to close a gap', async () => {
    await using fixture = await scene(database);
    await fixture.remove(3);
    for (const seq of [4, 5, 6]) await fixture.set(fixture.at(seq).id, { seq: seq - 1 });
    await fixture.setHead({ seq: 5 });
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 3, fixture.at(4).id]]);
  });

  test('names a row whose place was given away', async () => {
    await using fixture = await scene(database);
    await fixture.set(fixture.at(3).id, { seq: 7 });
    assert.deepEqual(await fixture.found(), [['removed', fixture.strand, 3, null]]);
  });

  test('names a row that was put at the end or before the beginning', async () => {
    await using fixture = await scene(database);
    await fixture.db
      .insertInto('attempts')
      .values({ ...fixture.at(6), id: '202611-new', seq: 7 })
      .execute();
    assert.deepEqual(await fixture.found(), [['added', fixture.strand, 7, '202611-new']]);
    await fixture.set('202611-new', { seq: 9 });
    assert.deepEqual(await fixture.found(), [['added', fixture.strand, 9, '202611-new']]);
    await fixture.set('202611-new', { seq: 0 });
    assert.deepEqual(await fixture.found(), [['added', fixture.strand, 0, '202611-new']]);
    await fixture.set('202611-new', { seq: null });
    assert.deepEqual(await fixture.found(), [['added', fixture.strand, null, '202611-new']]);
  });

  test('names a row that was put in as if it were older than the chains', async () => {
    await using fixture = await scene(database);
    const loose = { ...fixture.at(6), strand: null, seq: null, hash: null };
    await fixture.db
      .insertInto('attempts')
      .values({ ...loose, id: '202699-new' })
      .execute();
    assert.deepEqual(await fixture.found(), [['added', null, null, '202699-new']]);
    assert.deepEqual(await fixture.found(fixture.root), [['added', null, null, '202699-new']]);
  });

  test('finds a row that was moved to another account, in both', async () => {
    await using fixture = await scene(database);
    const other = { id: 'b'.repeat(32), parentId: fixture.root, name: 'other' };
    await insertAccount(fixture.ctx.store, other, fixture.clock.now());
    await fixture.set(fixture.at(3).id, { account_id: other.id });
    const changed = ['changed', fixture.strand, 3, fixture.at(3).id];
    assert.deepEqual(await fixture.found(), [changed]);
    assert.deepEqual(await fixture.found(fixture.root), [changed]);
    assert.deepEqual(await fixture.found(other.id), [changed]);
    const there = fixture.strand.replace(fixture.root, other.id);
    await fixture.set(fixture.at(3).id, { strand: there });
    assert.deepEqual(
      new Set(await fixture.found()),
      new Set([
        ['removed', fixture.strand, 3, null],
        ['removed', there, null, null],
      ]),
    );
    assert.deepEqual(await fixture.found(other.id), [['removed', there, null, null]]);
  });

  test('finds a row of an account that went to another one’s free place', async () => {
    await using fixture = await scene(database);
    await logFailedAttempts(fixture, 2, 'ada', { accountId: 'another' });
    const there = fixture.strand.replace(fixture.root, 'another');
    await fixture.set(fixture.at(6).id, { account_id: 'another', strand: there, seq: 3 });
    await fixture.db.updateTable('attempt_chains').set({ seq: 3 }).where('strand', '=', there).execute();
    assert.deepEqual(await fixture.found('another'), [['changed', there, 3, fixture.at(6).id]]);
  });
});
