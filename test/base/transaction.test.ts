import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExchange } from '../../src/base/exchange.ts';
import { success } from '../../src/base/outcome.ts';
import { inTransaction } from '../../src/store/store.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { unwrap, startEngine } from '../../kit/test-engine.ts';

const exchange = createExchange({ deadline: 1 });
const message = { channel: 'sms', to: '+12133734253', body: 'hello' } as const;

onEachDatabase('in a transaction', (database) => {
  for (const [what, wait] of Object.entries({
    'a slow hash': ({ hasher }) => hasher.hash('a password'),
    'a comparison with a slow hash': ({ hasher }) => hasher.verify('$argon2id$', 'a password'),
    'a message': ({ messenger }) => messenger.send(message),
    'an exchange with a server': () => exchange({ url: 'https://duo.example', headers: {}, body: '' }),
  } satisfies Record<string, (ctx: Awaited<ReturnType<typeof startEngine>>['ctx']) => Promise<unknown>>)) {
    test(`${what} is a fault, and what was written before it is undone`, async () => {
      await using engine = await startEngine(database);
      const { store } = engine.ctx;
      const work = inTransaction(store, async (tx) => {
        await tx.db.deleteFrom('accounts').execute();
        return success(await wait(engine.ctx));
      });
      await assert.rejects(work, / is not allowed inside a transaction$/);
      assert.equal((await store.db.selectFrom('accounts').selectAll().execute()).length, 1);
    });
  }

  test('what runs beside it may hash', async () => {
    await using engine = await startEngine(database);
    const { hasher, store } = engine.ctx;
    let beside: Promise<string> | undefined;
    const begin = () => (beside = hasher.hash('a password'));
    const [kept] = await Promise.all([inTransaction(store, async () => success(1)), begin()]);
    assert.equal(unwrap(kept), 1);
    assert.match((await beside) ?? '', /^\$argon2id/);
    assert.match(await hasher.hash('another'), /^\$argon2id/);
  });
});
