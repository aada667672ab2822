import { z } from 'zod';
import { isPlainText } from '../../base/text.ts';
import { newPassword } from '../../factors/password.ts';

/** What users, accounts and factors may be called. Doors and commands check what they are given against these, under names of their own. */
export const plainText = (max: number) =>
  z.string().trim().min(1).max(max).refine(isPlainText, 'holds characters that nobody can see');

/** What a person calls one of their factors. */
export const factorLabel = plainText(128);

/** An account's id or name. */
export const accountReference = plainText(128);

/** HTTP Basic ends a name at its first colon (RFC 7617 section 2), so none may hold one. */
const name = plainText(128).refine((text) => !text.includes(':'), 'may not hold a colon');
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

/** What is absent stays as it is; null clears it (RFC 7396). */
export const profileChanges = z.strictObject({
  name: name.optional(),
  email: email.nullable().optional(),
  phone: phone.nullable().optional(),
  firstName: givenName.nullable().optional(),
  lastName: givenName.nullable().optional(),
});
