import { z } from 'zod';

/** Who is meant: as in HTTP Basic no control character, and a database can keep no NUL. */
export const reference = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'holds a control character');
