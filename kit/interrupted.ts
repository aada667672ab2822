import type { RequestContext } from '../src/engine/context.ts';

/** A context in which something else happens, once, after an operation has read and before it writes: before its first transaction, or another. */
export function interrupted(ctx: RequestContext, meanwhile: () => Promise<unknown>, transaction = 1): RequestContext {
  let left = transaction;
  const db = new Proxy(ctx.store.db, {
    get(target, member) {
      if (member !== 'transaction' || left === 0) {
        const own: unknown = Reflect.get(target, member, target);
        // Kysely's private members are its own and not the proxy's.
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      }
      left -= 1;
      if (left > 0) return target.transaction.bind(target);
      return () => ({
        execute: async (work: Parameters<ReturnType<typeof target.transaction>['execute']>[0]) => {
          await meanwhile();
          return target.transaction().execute(work);
        },
      });
    },
  });
  return { ...ctx, store: { ...ctx.store, db } };
}
