import { z } from 'zod';
import { factorLabel } from '../../../engine/directory/profile.ts';
import { manageScope } from '../../../engine/session/manage-key.ts';
import { newDeviceSecret } from '../../../factors/device.ts';
import { newPassword } from '../../../factors/password.ts';
import { kindsWhere } from '../../../factors/registry.ts';
import type { Authenticator } from '../../../store/authenticators.ts';
import { confirmationOf, inputMembers } from '../shared/factor-members.ts';
import { survivingMember } from '../shared/surviving-view.ts';
import { tokenMembers } from '../shared/tokens-view.ts';
import { userPath } from '../shared/user-path.ts';

/** AcceleratXR's names and formats. */
const uid = z.uuid();

export const secretPath = userPath.extend({ secretId: uid });

const isoDate = (milliseconds: number) => new Date(milliseconds).toISOString();

/** AcceleratXR's name of a kind of factor. Only its name of TOTP differs from ours. */
const typeOf = (kind: string) => (kind === 'totp' ? 'mfa' : kind);
export const kindOf = (type: 'apikey' | 'mfa') => (type === 'mfa' ? 'totp' : type);

/** In AcceleratXR neither recovery codes nor phones and addresses are secrets. */
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
    scope: z.string().optional(),
    expires_at: z.iso.datetime().optional(),
  })
  .meta({
    id: 'Secret',
    description:
      "One of a user's secrets, without its value. A key with an end has `expires_at`, one that administers `scope`.",
  });

export function viewSecret(authenticator: Authenticator) {
  const { status, scope, expiresAt } = authenticator;
  return {
    uid: authenticator.id,
    userId: authenticator.userId,
    type: typeOf(authenticator.kind),
    description: authenticator.label,
    enrolled: status === 'active',
    dateCreated: isoDate(authenticator.createdAt),
    dateModified: isoDate(authenticator.updatedAt),
    version: authenticator.revision,
    ...(scope !== null && { scope }),
    ...(status === 'active' && expiresAt !== null && { expires_at: isoDate(expiresAt) }),
  };
}

const description = factorLabel.optional();

/** For kinds without a body of their own in this dialect, the factor gives the members. */
const otherKinds = secretKinds.filter((kind) => !['password', 'apikey', 'device', 'totp'].includes(kind));
const others = otherKinds.map((kind) =>
  z.strictObject({ ...inputMembers(kind), type: z.literal(kind), description }),
) as unknown as readonly [];

/** A generated value is shown only in the answer that creates it. */
export const madeSecretView = secretView
  .extend({
    secret: z
      .union([
        z.string(),
        z.strictObject({ otpauth_url: z.string(), secret: z.string() }),
        ...(otherKinds.length > 0 ? [z.record(z.string(), z.unknown())] : []),
      ])
      .optional(),
    ...survivingMember,
    ...tokenMembers,
  })
  .meta({
    id: 'MadeSecret',
    description:
      'A new secret. A generated value is in `secret`, shown only once. `token` is the next access token of a session that has added a factor or changed a password. `surviving` lists the keys and device secrets that a new password does not end.',
  });

export const newSecretBody = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('password'), secret: newPassword, description }),
  z.strictObject({
    type: z.literal('apikey'),
    description,
    scope: z.literal(manageScope).optional(),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  }),
  z.strictObject({ type: z.literal('device'), secret: newDeviceSecret, description }),
  z.strictObject({ type: z.literal('mfa'), description }),
  ...others,
]);

/** The response that confirms the enrollment of a secret. */
export const codeMember = confirmationOf(secretKinds);

/** The recovery codes, and the next access token of the session or the first one of the login. */
export const enrolledView = z.strictObject({ codes: z.array(z.string()), ...tokenMembers }).meta({ id: 'Enrolled' });
