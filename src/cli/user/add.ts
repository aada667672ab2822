import { SetupError } from '../../base/fault.ts';
import { newUserProfile } from '../../engine/directory/profile.ts';
import { addUser as add } from '../../engine/operations.ts';
import type { Profile } from '../../store/users.ts';
import { choosePassword, printPassword, type PasswordOptions } from './new-password.ts';
import { granted, withCountersign, type UserOptions } from './with-countersign.ts';

export type AddUserOptions = UserOptions &
  PasswordOptions & { readonly role?: Profile['roles']; readonly email?: string; readonly phone?: string };

export async function addUser(name: string, options: AddUserOptions): Promise<void> {
  const { role = ['user'], email, phone, account } = options;
  const profile = checked({ name, email, phone, account });
  const password = await choosePassword(options);
  const user = await withCountersign(async (ctx) =>
    granted(await add(ctx, { ...profile, roles: [...new Set(role)], password }), profile.name),
  );
  process.stdout.write(`created the user ${user.name} (${user.id})\n`);
  printPassword(options, password);
}

function checked(given: Readonly<Record<string, string | undefined>>) {
  const read = newUserProfile.safeParse(given);
  if (!read.success) {
    throw new SetupError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const { name, email = null, phone = null, account } = read.data;
  return { name, email, phone, account, firstName: null, lastName: null };
}
