import { z } from 'zod';
import { scopes } from '../session/scopes.ts';
import { plainText } from '../directory/profile.ts';

/** The metadata of a client: a subset of RFC 7591 section 2. */
export const clientName = plainText(128);

export const grantTypes = z
  .array(z.enum(['password', 'refresh_token']))
  .min(1)
  .max(2);

/** The scopes that this server knows. */
export const scopeList = z.array(z.enum(scopes)).max(scopes.length);

/** The audiences of a client's access tokens (RFC 7519 section 4.1.3). */
export const audienceList = z
  .array(z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be printable ASCII'))
  .min(1)
  .max(8);

/** RFC 6749 section 3.3. */
export const scope = z
  .string()
  .max(1024)
  .regex(/^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/, 'must be words separated by single spaces');
