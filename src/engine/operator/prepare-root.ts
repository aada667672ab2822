import { SetupError } from '../../base/fault.ts';
import { success } from '../../base/outcome.ts';
import { generatePassword, timeOrderedHex, uuid } from '../../base/random.ts';
import { insertAccount, rootAccount } from '../../store/accounts.ts';
import { isDuplicate } from '../../store/store.ts';
import { withTransaction, type RequestContext } from '../context.ts';
import { makePassword } from '../enrollment/set-password.ts';
import { writeNewUser } from '../directory/create-user.ts';

export type FirstAdministrator = {
  readonly username: string;
  /** Generated when absent. */
  readonly password?: string | undefined;
};

/**
 * Creates the root account and its administrator in a new database; otherwise does nothing. Returns the password if one
 * was generated. If several nodes do it at once, one succeeds and the others do nothing.
 */
export async function prepareRoot(
  ctx: RequestContext,
  admin: FirstAdministrator,
): Promise<{ readonly generatedPassword?: string }> {
  if (await rootAccount(ctx.store)) return {};
  const { now } = ctx;
  const [accountId, id] = [timeOrderedHex(ctx.random, now), uuid(ctx.random, now)];
  const generatedPassword = admin.password === undefined ? generatePassword(ctx.random) : undefined;
  const secret = await makePassword(
    ctx,
    { id, name: admin.username },
    {
      secret: admin.password ?? generatedPassword ?? '',
    },
  );
  if (!secret.ok) throw new SetupError(`the administrator's password was refused (${secret.reason}): choose another`);
  const names = { name: admin.username, firstName: null, lastName: null, email: null, phone: null };
  const user = { ...names, id, accountId, roles: ['admin' as const] };
  try {
    await withTransaction(ctx.at(), async (tx) => {
      await insertAccount(tx.store, { id: accountId, parentId: null, name: 'root' }, tx.now);
      await writeNewUser(tx, user, secret.value);
      return success(undefined);
    });
  } catch (error) {
    if (isDuplicate(error)) return {};
    throw error;
  }
  return generatedPassword === undefined ? {} : { generatedPassword };
}
