import { z } from 'zod';
import type { User } from '../../../store/users.ts';

export const userView = z
  .strictObject({
    uid: z.uuid(),
    name: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    roles: z.array(z.enum(['admin', 'service', 'user'])),
    verified: z.boolean(),
    accountId: z.string(),
    dateCreated: z.iso.datetime(),
    dateModified: z.iso.datetime(),
    version: z.int(),
  })
  .meta({ id: 'User' });

export function viewUser(user: User): z.infer<typeof userView> {
  const { id, name, email, phone, firstName, lastName, roles, verified, accountId, version } = user;
  const profile = { name, email, phone, firstName, lastName, roles: [...roles] };
  const dates = {
    dateCreated: new Date(user.createdAt).toISOString(),
    dateModified: new Date(user.updatedAt).toISOString(),
  };
  return { uid: id, ...profile, verified, accountId, ...dates, version };
}
