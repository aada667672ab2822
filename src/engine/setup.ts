import { SetupError } from '../base/fault.ts';
import { success } from '../base/outcome.ts';
import { generatePassword, timeOrderedHex, uuid } from '../base/random.ts';
import { insertAccount, rootAccount } from '../store/accounts.ts';
import { inTransaction, isDuplicate } from '../store/store.ts';
import type { Context } from './context.ts';
import { makePassword } from './set-password.ts';
import { writeNewUser } from './users.ts';

export type FirstAdministrator = {
  readonly username: string;
  /** Made here when absent. */
  readonly password?: string | undefined;
};

/** Who the log of attempts names when the operator acts. */
export const operator = { ip: null, userAgent: null, requestId: null };

/**
 * Makes the root account and in it the administrator, in a new database only. Answers with the password that was made for them, if
 * one was. Any number of nodes may do it at once; one of them does.
 */
export async function prepareRoot(
  ctx: Context,
  admin: FirstAdministrator,
): Promise<{ readonly madePassword?: string }> {
  if (await rootAccount(ctx.store)) return {};
  const now = ctx.clock.now();
  const [accountId, id] = [timeOrderedHex(ctx.random, now), uuid(ctx.random, now)];
  const madePassword = admin.password === undefined ? generatePassword(ctx.random) : undefined;
  const secret = await makePassword(ctx, { id, name: admin.username }, admin.password ?? madePassword ?? '', null, now);
  if (!secret.ok) throw new SetupError(`the administrator's password was refused (${secret.reason}): choose another`);
  const names = { name: admin.username, firstName: null, lastName: null, email: null, phone: null };
  const user = { ...names, id, accountId, roles: ['admin' as const] };
  try {
    await inTransaction(ctx.store, async (tx) => {
      await insertAccount(tx, { id: accountId, parentId: null, name: 'root' }, now);
      await writeNewUser(ctx, tx, user, secret.value, operator, now);
      return success(undefined);
    });
  } catch (error) {
    if (isDuplicate(error)) return {};
    throw error;
  }
  return madePassword === undefined ? {} : { madePassword };
}
