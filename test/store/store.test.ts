import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { refuse, success, type Outcome } from '../../src/base/outcome.ts';
import { inTransaction, isDuplicate, isUnavailable, openDatabase, ping } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startEngine, type TestEngine } from '../../kit/test-engine.ts';

const row = { key: 'a', value: 'b' };

const kept = ({ ctx }: TestEngine) => ctx.store.db.selectFrom('meta').selectAll().execute();

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('a database of no known kind is not opened', () => {
  for (const url of ['', 'mysql://localhost/a', './data.db', 'postgres:local', 'SQLITE:a']) {
    assert.throws(() => openDatabase(url), SetupError, url);
  }
});

test('a database that is out of reach is called unavailable', async () => {
  const { db } = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const error = await caught(
    ping({ db, safe: { seal: String, open: String, mac: String, macs: () => [], macMatches: () => false } }),
  );
  await db.destroy();
  assert.equal(isUnavailable(error), true);
  assert.equal(isDuplicate(error), false);
});

test('a disk or a file that fails is unavailable, and a row that does not fit is not', () => {
  const isTrouble = (errcode: number) =>
    isUnavailable(Object.assign(new Error('said by SQLite'), { code: 'ERR_SQLITE_ERROR', errcode }));
  // SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_CANTOPEN.
  for (const errcode of [517, 778, 13, 14]) assert.equal(isTrouble(errcode), true, String(errcode));
  // SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_CONSTRAINT_UNIQUE.
  for (const errcode of [1, 11, 2067]) assert.equal(isTrouble(errcode), false, String(errcode));
});

onEachDatabase('the store', (database) => {
  test('answers', async () => {
    await using engine = await startEngine(database);
    await ping(engine.ctx.store);
  });

  test('keeps what a transaction wrote when its outcome is a success', async () => {
    await using engine = await startEngine(database);
    const outcome = await inTransaction(engine.ctx.store, async ({ db }) => {
      await db.insertInto('meta').values(row).execute();
      return success('done');
    });
    assert.deepEqual(outcome, success('done'));
    assert.deepEqual(await kept(engine), [row]);
  });

  test('keeps nothing of a transaction whose outcome is a refusal, and hands it on', async () => {
    await using engine = await startEngine(database);
    const outcome = await inTransaction(engine.ctx.store, async ({ db }): Promise<Outcome<never, 'no'>> => {
      await db.insertInto('meta').values(row).execute();
      return refuse('no', 7);
    });
    assert.deepEqual(outcome, refuse('no', 7));
    assert.deepEqual(await kept(engine), []);
  });

  test('keeps nothing of a transaction that meets a fault, and throws it', async () => {
    await using engine = await startEngine(database);
    const fault = new Error('broken');
    const work = inTransaction(engine.ctx.store, async ({ db }): Promise<Outcome<never, never>> => {
      await db.insertInto('meta').values(row).execute();
      throw fault;
    });
    assert.equal(await caught(work), fault);
    assert.deepEqual(await kept(engine), []);
    await ping(engine.ctx.store);
  });

  test('seals and opens inside a transaction as outside', async () => {
    await using engine = await startEngine(database);
    const { safe } = engine.ctx.store;
    const opened = await inTransaction(engine.ctx.store, async (tx) =>
      success(tx.safe.open('a', safe.seal('a', 'text'))),
    );
    assert.deepEqual(opened, success('text'));
  });

  test('tells a row that is there already from other faults', async () => {
    await using engine = await startEngine(database);
    const { db } = engine.ctx.store;
    await db.insertInto('meta').values(row).execute();
    const duplicate = await caught(db.insertInto('meta').values(row).execute());
    assert.equal(isDuplicate(duplicate), true);
    assert.equal(isUnavailable(duplicate), false);
    const nothing = await caught(
      db
        .insertInto('meta')
        .values({ key: 'c', value: null as unknown as string })
        .execute(),
    );
    assert.equal(isDuplicate(nothing), false);
    assert.equal(isUnavailable(nothing), false);
    assert.equal(isDuplicate(new Error('other')), false);
    assert.equal(isDuplicate('other'), false);
    assert.equal(isUnavailable('other'), false);
  });

  test('refuses a row that points to nothing', async () => {
    await using engine = await startEngine(database);
    const nobody = {
      id: 'a',
      account_id: 'nowhere',
      name: 'a',
      name_key: 'a',
      roles: '[]',
      created_at: 0,
      updated_at: 0,
    };
    await assert.rejects(engine.ctx.store.db.insertInto('users').values(nobody).execute());
  });
});
