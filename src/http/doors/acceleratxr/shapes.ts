import { z } from 'zod';
import { isPlainText } from '../../../base/text.ts';
import { newDeviceSecret } from '../../../factors/device.ts';
import { newPassword } from '../../../factors/password.ts';
import { kindsWhere } from '../../../factors/registry.ts';
import type { Authenticator } from '../../../store/authenticators.ts';
import type { User } from '../../../store/users.ts';
import { confirmationOf, inputMembers } from '../shared/factor-members.ts';

/** What AcceleratXR's account services call things, and how the house's things look in it. */
const uid = z.uuid();

export const userPath = z.strictObject({ uid: z.union([z.literal('me'), uid]) });
export const secretPath = userPath.extend({ secretId: uid });

const plain = (max: number) =>
  z.string().trim().min(1).max(max).refine(isPlainText, 'holds characters that nobody can see');

/** HTTP Basic ends a name at its first colon (RFC 7617 section 2), so none may hold one. */
const name = plain(128).refine((text) => !text.includes(':'), 'may not hold a colon');
const email = z.email().max(254);
const phone = z.e164('must be a number with + and country code (E.164)');
const givenName = plain(128);

/** An account's id or name. */
export const accountReference = plain(128);

export const newUserBody = z.strictObject({
  name,
  email: email.optional(),
  phone: phone.optional(),
  firstName: givenName.optional(),
  lastName: givenName.optional(),
  password: newPassword.optional(),
  account: accountReference.optional(),
});

/** What is absent stays as it is; null clears it (RFC 7396). */
export const userChanges = z.strictObject({
  name: name.optional(),
  email: email.nullable().optional(),
  phone: phone.nullable().optional(),
  firstName: givenName.nullable().optional(),
  lastName: givenName.nullable().optional(),
});

export const userView = z
  .strictObject({
    uid,
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
  const {
    id,
    name: own,
    email: address,
    phone: number,
    firstName,
    lastName,
    roles,
    verified,
    accountId,
    version,
  } = user;
  const dates = { dateCreated: isoDate(user.createdAt), dateModified: isoDate(user.updatedAt) };
  return {
    uid: id,
    name: own,
    email: address,
    phone: number,
    firstName,
    lastName,
    roles: [...roles],
    verified,
    accountId,
    ...dates,
    version,
  };
}

const isoDate = (milliseconds: number) => new Date(milliseconds).toISOString();

/** AcceleratXR's word for a kind of factor, which mostly is ours. */
const typeOf = (kind: string) => (kind === 'totp' ? 'mfa' : kind);
export const kindOf = (type: 'apikey' | 'mfa') => (type === 'mfa' ? 'totp' : type);

/** Recovery codes are no secret of their own there, and a phone is none. */
const secretKinds = kindsWhere(
  ({ enroll, traits }) => enroll !== undefined && !traits.sends && !traits.roles.includes('recovery'),
);

export const isSecret = ({ kind }: Authenticator) => secretKinds.some((one) => one === kind);

export const secretView = z
  .strictObject({
    uid,
    userId: uid,
    type: z.enum(secretKinds.map(typeOf)),
    description: z.string().nullable(),
    enrolled: z.boolean(),
    dateCreated: z.iso.datetime(),
    dateModified: z.iso.datetime(),
    version: z.int(),
  })
  .meta({ id: 'Secret', description: "One of a user's secrets, without its value." });

export function viewSecret(authenticator: Authenticator) {
  return {
    uid: authenticator.id,
    userId: authenticator.userId,
    type: typeOf(authenticator.kind),
    description: authenticator.label,
    enrolled: authenticator.status === 'active',
    dateCreated: isoDate(authenticator.createdAt),
    dateModified: isoDate(authenticator.updatedAt),
    version: authenticator.revision,
  };
}

const description = plain(128).optional();

/** Those for which this door has no words of its own say what they need. */
const otherKinds = secretKinds.filter((kind) => !['password', 'apikey', 'device', 'totp'].includes(kind));
const others = otherKinds.map((kind) =>
  z.strictObject({ ...inputMembers(kind), type: z.literal(kind), description }),
) as unknown as readonly [];

/** Made here: shown in the one answer that made it. */
export const madeSecretView = secretView
  .extend({
    secret: z
      .union([
        z.string(),
        z.strictObject({ otpauth_url: z.string(), secret: z.string() }),
        ...(otherKinds.length > 0 ? [z.record(z.string(), z.unknown())] : []),
      ])
      .optional(),
  })
  .meta({
    id: 'MadeSecret',
    description: 'A secret just made. A value that was made here stands in `secret`, this once.',
  });

export const newSecretBody = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('password'),
    secret: newPassword,
    currentPassword: z.string().optional(),
    description,
  }),
  z.strictObject({ type: z.literal('apikey'), description }),
  z.strictObject({ type: z.literal('device'), secret: newDeviceSecret, description }),
  z.strictObject({ type: z.literal('mfa'), description }),
  ...others,
]);

/** What makes a secret count that has to be enrolled. */
export const codeMember = confirmationOf(secretKinds);

/** The same, and for who had to enrol before they got in, the token that gets them in. */
export const enrolledView = z
  .strictObject({ codes: z.array(z.string()), token: z.string().optional() })
  .meta({ id: 'Enrolled' });

export const codesView = z
  .strictObject({ codes: z.array(z.string()) })
  .meta({ id: 'RecoveryCodes', description: 'Recovery codes, each good once. Empty when the user has codes already.' });
