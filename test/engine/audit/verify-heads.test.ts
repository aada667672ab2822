import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf, logFailedAttempts } from '../../../kit/attempts.ts';
import { onEachDatabase } from '../../../kit/databases.ts';
import { scene } from './verify-help.ts';

onEachDatabase('verification of heads and beginnings', (database) => {
  test('finds a head that was set back, with its rows or without them, and after the log has gone on', async () => {
    await using home = await scene(database);
    await home.setHead({ seq: 4 });
    assert.deepEqual(await home.found(), [['changed', home.strand, 4, null]]);
    await home.remove(5, 6);
    assert.deepEqual(await home.found(), [['removed', home.strand, 5, null]]);
    await logFailedAttempts(home, 2, 'ada');
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
    await logFailedAttempts(home, 1, 'ada');
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
    await logFailedAttempts(home, 1, 'a user of a new strand', { accountId: 'another' });
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    await home.db.deleteFrom('attempt_register').execute();
    assert.deepEqual(await home.found(), [['removed', null, null, null]]);
    await logFailedAttempts(home, 1, 'a user of a new strand', { accountId: 'a third' });
    // It keeps nobody from being logged.
    assert.deepEqual(home.lines, []);
    assert.deepEqual(await home.found(), [['added', null, null, null]]);
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
