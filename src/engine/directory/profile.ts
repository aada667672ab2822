import { z } from 'zod';
import { isPlainText } from '../../base/text.ts';
import { newPassword } from '../../factors/password.ts';

/** A name for a user, an account or a factor: text without control or invisible characters. */
export const plainText = (max: number) =>
  z.string().trim().min(1).max(max).refine(isPlainText, 'contains invisible characters');

/** A user's label for one of their factors. */
export const factorLabel = plainText(128);

/** An account's id or name. */
export const accountReference = plainText(128);

/** HTTP Basic authentication ends a name at the first colon (RFC 7617 section 2). */
const name = plainText(128).refine((text) => !text.includes(':'), 'must not contain a colon');
const email = z.email().max(254);
const phone = z.e164('must be a number with + and country code (E.164)');
const givenName = plainText(128);

export const newUserProfile = z.strictObject({
  name,
  email: email.optional(),
  phone: phone.optional(),
  firstName: givenName.optional(),
  lastName: givenName.optional(),
  password: newPassword.optional(),
  account: accountReference.optional(),
});

/** A JSON merge patch (RFC 7396): absent members are not changed, null clears a member. */
export const profileChanges = z.strictObject({
  name: name.optional(),
  email: email.nullable().optional(),
  phone: phone.nullable().optional(),
  firstName: givenName.nullable().optional(),
  lastName: givenName.nullable().optional(),
});
