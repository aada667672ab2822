import { z } from 'zod';
import { factorLabel, plainText } from '../../../engine/directory/profile.ts';
import type { Enrolled } from '../../../engine/enrollment/enroll.ts';
import { hintOf } from '../../../engine/operations.ts';
import { readEmailAddress, readPhoneNumber, type Region } from '../../../messages/destinations.ts';
import type { User } from '../../../store/users.ts';
import { problem } from '../../errors/problem.ts';
import type { Reply } from '../../route.ts';
import { confirmationOf, inputIn, inputMembers, otherSecondFactors } from '../shared/factor-members.ts';
import { factorView } from '../shared/factor-view.ts';
import { qrCode } from '../shared/qr-code.ts';
import { optionsMember } from '../shared/second-factor.ts';

/** The challenge that the user has completed, if they already have a second factor. */
export const proof = z.uuid().optional();

const label = factorLabel.optional();

const ownTypes = ['totp', 'sms', 'email'];

/** Factors without a body of their own in this dialect. */
export const otherTypes = otherSecondFactors(ownTypes);

/** The factors give the members, so the types here do not know them. */
const others = otherTypes.map((kind) =>
  z.strictObject({ ...inputMembers(kind), type: z.literal(kind), label, challenge_id: proof }),
) as unknown as readonly [];

export const newFactor = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('totp'), label, issuer: plainText(64).optional(), challenge_id: proof }),
  z.strictObject({ type: z.literal('sms'), label, phone_number: z.string().max(64), challenge_id: proof }),
  z.strictObject({ type: z.literal('email'), label, email: z.string().max(254).optional(), challenge_id: proof }),
  ...others,
]);

export const factorsView = z
  .strictObject({ enabled: z.boolean(), factors: z.array(factorView), recovery_codes_left: z.int() })
  .meta({ id: 'Factors' });

export const confirmation = z.strictObject({ code: confirmationOf(otherSecondFactors([])), challenge_id: proof });

export const confirmedView = z
  .strictObject({ id: z.uuid(), type: z.string(), recovery_codes: z.array(z.string()) })
  .meta({ id: 'ConfirmedFactor' });

export const pendingView = z
  .strictObject({
    id: z.uuid(),
    type: z.string(),
    label: z.string().nullable(),
    state: z.literal('pending'),
    hint: z.string().optional(),
    secret: z.string().optional(),
    otpauth_url: z.string().optional(),
    qr: z.string().optional(),
    ...optionsMember,
  })
  .meta({ id: 'PendingFactor', description: 'The secret of an authenticator app is shown only once.' });

type Input = { readonly ok: true; readonly input: Readonly<Record<string, unknown>> } | { ok: false; response: Reply };

/** The input of the factor in the body of a request. */
export function inputOf(body: z.infer<typeof newFactor>, user: User, region: Region): Input {
  if (!ownTypes.includes(body.type)) return { ok: true, input: inputIn(body.type, body) };
  if (body.type === 'totp') return { ok: true, input: body.issuer === undefined ? {} : { issuer: body.issuer } };
  const member = body.type === 'sms' ? 'phone_number' : 'email';
  const read =
    body.type === 'sms' ? readPhoneNumber(body.phone_number, region) : readEmailAddress(body.email ?? user.email ?? '');
  if (read.ok) return { ok: true, input: { destination: read.value } };
  const detail = `\`${member}\`: this phone number or address cannot receive messages.`;
  return { ok: false, response: problem({ status: 400, code: 'invalid_destination', detail }) };
}

export function viewPending({ authenticator, offer }: Enrolled) {
  const { id, kind: type, label: own } = authenticator;
  const hint = hintOf(authenticator);
  const { otpauth_url: url } = offer;
  const qr = typeof url === 'string' ? { qr: qrCode(url) } : {};
  return { id, type, label: own, state: 'pending', ...(hint !== undefined && { hint }), ...offer, ...qr };
}
