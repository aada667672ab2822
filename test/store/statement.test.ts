import assert from 'node:assert/strict';
import { test } from 'node:test';
import { success } from '../../src/base/outcome.ts';
import { statement } from '../../src/store/statement.ts';
import { inTransaction } from '../../src/store/store.ts';
import type { Tables } from '../../src/store/tables.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine } from '../../kit/test-engine.ts';

const row = { subject: 'ada', kind: 'totp', failures: 1, last_at: 10 };
const insert = statement((db, given: Tables['throttles']) => db.insertInto('throttles').values(given));
const find = statement((db, given: { kinds: readonly string[]; before: number }) => {
  const found = db.selectFrom('throttles').selectAll().where('subject', '=', 'ada').orderBy('kind');
  const due = found.where('last_at', '<', given.before).where('last_at', '<=', given.before);
  return given.kinds.length === 0 ? due : due.where('kind', 'in', given.kinds);
});

onEachDatabase('a statement that is written once', (database) => {
  test('takes the values of each call', async () => {
    await using engine = await startEngine(database);
    const { db } = engine.ctx.store;
    const later = { last_at: 20, failures: 2, kind: 'sms', subject: 'ada' };
    assert.equal((await insert(db, row)).numAffectedRows, 1n);
    // The same members in another order.
    await insert(db, later);
    await insert(db, { ...row, subject: 'grace' });
    const kinds = async (before: number, ...wanted: string[]) =>
      (await find(db, { before, kinds: wanted })).rows.map(({ kind }) => kind);
    assert.deepEqual((await find(db, { kinds: ['totp', 'sms'], before: 21 })).rows, [later, row]);
    assert.deepEqual(await kinds(20, 'totp', 'sms'), ['totp']);
    assert.deepEqual(await kinds(21, 'sms', 'email'), ['sms']);
    assert.deepEqual(await kinds(21, 'sms'), ['sms']);
    assert.deepEqual(await kinds(21), ['sms', 'totp']);
  });

  test('belongs to the transaction it is asked in', async () => {
    await using engine = await startEngine(database);
    const { store } = engine.ctx;
    await insert(store.db, row);
    const fault = new Error('stop');
    const work = inTransaction(store, async ({ db }) => {
      await insert(db, { ...row, kind: 'sms' });
      assert.equal((await find(db, { kinds: [], before: 11 })).rows.length, 2);
      throw fault;
    });
    await assert.rejects(work, fault);
    assert.equal((await find(store.db, { kinds: [], before: 11 })).rows.length, 1);
    await inTransaction(store, async ({ db }) => success(await insert(db, { ...row, kind: 'sms' })));
    assert.equal((await find(store.db, { kinds: [], before: 11 })).rows.length, 2);
  });

  test('may neither leave out nor look at what it is given', async () => {
    await using engine = await startEngine(database);
    const { db } = engine.ctx.store;
    const forgetful = statement((on, { kind }: { kind: string; subject: string }) =>
      on.deleteFrom('throttles').where('kind', '=', kind),
    );
    await assert.rejects(forgetful(db, { kind: 'totp', subject: 'ada' }), /does not use .*subject/);
    const curious = statement((on, { kind }: { kind: string }) =>
      on.deleteFrom('throttles').where('kind', '=', `${kind}s`),
    );
    await assert.rejects(curious(db, { kind: 'totp' }), TypeError);
  });
});
