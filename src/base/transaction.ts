import { AsyncLocalStorage } from 'node:async_hooks';

const held = new AsyncLocalStorage<true>();

/** Runs the work of a transaction. Others wait for its end (on SQLite every writer does), so it may wait for nothing but the database. */
export function insideTransaction<Value>(work: () => Promise<Value>): Promise<Value> {
  return held.run(true, work);
}

/** Throws in a transaction: what calls this hashes slowly, or waits for somebody else. */
export function refuseInTransaction(what: string): void {
  if (held.getStore()) throw new Error(`${what} in a transaction`);
}
