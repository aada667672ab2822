import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { scene } from './verify-help.ts';

onEachDatabase('verification of heads and beginnings', (database) => {
  test('finds a head that was set back, with its rows or without them, and after the log has gone on', async () => {
    await using fixture = await scene(database);
    await fixture.setHead({ seq: 4 });
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 4, null]]);
    await fixture.remove(5, 6);
    assert.deepEqual(await fixture.found(), [['removed', fixture.strand, 5, null]]);
    await logFailedAttempts(fixture, 2, 'ada');
    const [next] = (await rowsOf(fixture, 'ada')).filter(({ seq }) => seq === 5);
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 5, next?.id]]);
  });

  test('finds a head that was changed', async () => {
    await using fixture = await scene(database);
    await fixture.setHead({ tip: fixture.at(6).hash ?? '' });
    assert.deepEqual(await fixture.found(), [['removed', fixture.strand, 7, null]]);
  });

  test('finds a beginning that was moved over rows that are gone', async () => {
    await using fixture = await scene(database);
    await fixture.remove(1, 2);
    const anchor = { base_seq: 2, base_hash: fixture.at(2).hash ?? '' };
    for (const base_seal of ['', fixture.at(2).hash ?? '']) {
      await fixture.setHead({ ...anchor, base_seal });
      assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 2, null]]);
    }
    await fixture.setHead({ base_seq: 0, base_hash: 'something', base_seal: '' });
    assert.deepEqual(await fixture.found(), [['changed', fixture.strand, 0, null]]);
  });

  test('finds a chain without a head, and one that is gone with all its rows', async () => {
    await using fixture = await scene(database);
    await fixture.db.deleteFrom('attempt_chains').where('strand', '=', fixture.strand).execute();
    assert.deepEqual(await fixture.found(), [
      ['removed', fixture.strand, null, null],
      ['removed', null, null, null],
    ]);
    await fixture.remove(1, 2, 3, 4, 5, 6);
    assert.deepEqual(await fixture.found(), [['removed', null, null, null]]);
    // Beginning it anew makes it no secret.
    await logFailedAttempts(fixture, 1, 'ada');
    assert.deepEqual(await fixture.found(), [['removed', null, null, null]]);
  });

  test('finds a chain that nobody registered', async () => {
    await using fixture = await scene(database);
    const made = { strand: 'zzz/0', seq: 0, tip: '', base_seq: 0, base_hash: '', base_seal: '' };
    await fixture.db.insertInto('attempt_chains').values(made).execute();
    assert.deepEqual(await fixture.found(), [['added', null, null, null]]);
  });

  test('finds a register that is gone or changed, even after it was made anew', async () => {
    await using fixture = await scene(database);
    await fixture.db.updateTable('attempt_register').set({ value: 'something' }).execute();
    assert.deepEqual(await fixture.found(), [['removed', null, null, null]]);
    await logFailedAttempts(fixture, 1, 'a user of a new strand', { accountId: 'another' });
    assert.deepEqual(await fixture.found(), [['removed', null, null, null]]);
    await fixture.db.deleteFrom('attempt_register').execute();
    assert.deepEqual(await fixture.found(), [['removed', null, null, null]]);
    await logFailedAttempts(fixture, 1, 'a user of a new strand', { accountId: 'a third' });
    // It keeps nobody from being logged.
    assert.deepEqual(fixture.lines, []);
    assert.deepEqual(await fixture.found(), [['added', null, null, null]]);
  });

  test('finds a chain whose name begins before every other', async () => {
    await using fixture = await scene(database);
    await fixture.set(fixture.at(6).id, { strand: '', seq: 1 });
    assert.deepEqual(await fixture.found(), [
      ['removed', '', null, null],
      ['removed', fixture.strand, 6, null],
    ]);
  });
});
