import { z } from 'zod';
import { factorLabel } from '../../../engine/directory/profile.ts';
import { newDeviceSecret } from '../../../factors/device.ts';
import { newPassword } from '../../../factors/password.ts';
import { kindsWhere } from '../../../factors/registry.ts';
import type { Authenticator } from '../../../store/authenticators.ts';
import { confirmationOf, inputMembers } from '../shared/factor-members.ts';

/** What AcceleratXR's account services call things, and how the house's things look in it. */
const uid = z.uuid();

export const userPath = z.strictObject({ uid: z.union([z.literal('me'), uid]) });
export const secretPath = userPath.extend({ secretId: uid });

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

const description = factorLabel.optional();

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
    description: 'A new secret. A generated value is in `secret`, shown only once.',
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
