import { z } from 'zod';

/** The name or id of a user, account or client. As in HTTP Basic it has no control character, and a database stores no NUL. */
export const reference = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'contains a control character');
