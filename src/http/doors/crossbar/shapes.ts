import { z } from 'zod';
import { newUserProfile, plainText, profileChanges } from '../../../engine/directory/profile.ts';
import { newPassword } from '../../../factors/password.ts';
import type { Account } from '../../../store/accounts.ts';
import type { User } from '../../../store/users.ts';

/** Crossbar's names and formats. */
export const hexId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits');

export const accountPath = z.strictObject({ id: z.union([z.literal('root'), hexId]) });

const accountName = plainText(128);
const realm = z
  .string()
  .max(253)
  .regex(/^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'must be a domain name in lower case');

export const newAccount = z.strictObject({
  name: accountName,
  realm: realm.optional(),
  enabled: z.boolean().default(true),
});
export const accountPatch = z.strictObject({
  name: accountName.optional(),
  realm: realm.nullable().optional(),
  enabled: z.boolean().optional(),
});

export const accountView = z
  .strictObject({ id: hexId, name: z.string(), realm: z.string().optional(), enabled: z.boolean(), created: z.int() })
  .meta({
    id: 'Account',
    description:
      '`created` is in Gregorian seconds. Where `enabled` is false, nobody of the account, or of an account below it, can log in.',
  });

export function viewAccount({ id, name, realm: own, enabled, createdAt }: Account): z.infer<typeof accountView> {
  return { id, name, ...(own !== null && { realm: own }), enabled, created: gregorian(createdAt) };
}

/** Seconds since the year 0, which is how Crossbar counts time. */
export const gregorian = (milliseconds: number) => Math.floor(milliseconds / 1000) + gregorianEpoch;
export const fromGregorian = (seconds: number) => (seconds - gregorianEpoch) * 1000;
const gregorianEpoch = 62_167_219_200;

const roles = z
  .array(z.enum(['admin', 'service', 'user']))
  .min(1)
  .max(3)
  .refine((list) => new Set(list).size === list.length, 'has a role more than once');

const { name: username, email, phone, firstName, lastName } = newUserProfile.shape;
const given = { email, phone, first_name: firstName, last_name: lastName };

export const newUser = z.strictObject({
  username,
  password: newPassword.optional(),
  ...given,
  roles: roles.default(['user']),
  enabled: z.boolean().default(true),
});

/** Without `enabled` a disabled user stays disabled. */
export const wholeUser = newUser.extend({ enabled: z.boolean().optional() });

const changes = profileChanges.shape;

/** An absent member is not changed; null clears it (RFC 7396). */
export const userPatch = z.strictObject({
  username: username.optional(),
  password: newPassword.optional(),
  email: changes.email,
  phone: changes.phone,
  first_name: changes.firstName,
  last_name: changes.lastName,
  roles: roles.optional(),
  enabled: z.boolean().optional(),
});

export const userPath = accountPath.extend({ userId: z.uuid() });

export const userView = z
  .strictObject({
    id: z.uuid(),
    username: z.string(),
    email: z.string().optional(),
    phone: z.string().optional(),
    first_name: z.string().optional(),
    last_name: z.string().optional(),
    roles: z.array(z.string()),
    enabled: z.boolean(),
    created: z.int(),
  })
  .meta({ id: 'AccountUser' });

export function viewUser(user: User): z.infer<typeof userView> {
  return {
    id: user.id,
    username: user.name,
    ...(user.email !== null && { email: user.email }),
    ...(user.phone !== null && { phone: user.phone }),
    ...(user.firstName !== null && { first_name: user.firstName }),
    ...(user.lastName !== null && { last_name: user.lastName }),
    roles: [...user.roles],
    enabled: user.enabled,
    created: gregorian(user.createdAt),
  };
}
