import { AsyncLocalStorage } from 'node:async_hooks';

const transaction = new AsyncLocalStorage<true>();

/**
 * Runs the work of a transaction. Other writers wait for its end (on SQLite, all of them), so it must not wait for
 * anything but the database.
 */
export function insideTransaction<Value>(work: () => Promise<Value>): Promise<Value> {
  return transaction.run(true, work);
}

/** Throws inside a transaction. Slow work, such as password hashing or an HTTP request, calls this first. */
export function refuseInTransaction(what: string): void {
  if (transaction.getStore()) throw new Error(`${what} is not allowed inside a transaction`);
}
