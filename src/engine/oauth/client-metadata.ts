import { z } from 'zod';
import { plainText } from '../directory/profile.ts';

/** The metadata of a client: a subset of RFC 7591 section 2. */
export const clientName = plainText(128);

export const grantTypes = z
  .array(z.enum(['password', 'refresh_token']))
  .min(1)
  .max(2);

/** RFC 6749 section 3.3. */
export const scope = z
  .string()
  .max(1024)
  .regex(/^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/, 'must be words separated by single spaces');
