import { z } from 'zod';

/** A path that names a user by id, or the caller's own as `me`. */
export const userPath = z.strictObject({ uid: z.union([z.literal('me'), z.uuid()]) });
