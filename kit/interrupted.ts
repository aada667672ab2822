import type { RequestContext } from '../src/engine/context.ts';

/** A context that runs something once between an operation's reads and its writes: before its first, or nth, transaction. */
export function interrupted(
  ctx: RequestContext,
  interruption: () => Promise<unknown>,
  transaction = 1,
): RequestContext {
  let left = transaction;
  const db = new Proxy(ctx.store.db, {
    get(target, member) {
      if (member !== 'transaction' || left === 0) {
        const own: unknown = Reflect.get(target, member, target);
        // Kysely's private members are not on the proxy.
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      }
      left -= 1;
      if (left > 0) return target.transaction.bind(target);
      return () => ({
        execute: async (work: Parameters<ReturnType<typeof target.transaction>['execute']>[0]) => {
          await interruption();
          return target.transaction().execute(work);
        },
      });
    },
  });
  return { ...ctx, store: { ...ctx.store, db } };
}
