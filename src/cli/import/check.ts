import type { z } from 'zod';
import type { RequestContext } from '../../engine/context.ts';
import { factorLabel, newUserProfile } from '../../engine/directory/profile.ts';
import type { SourceUser, JudgedUser, SourceCredential, Skipped } from '../../engine/operator/import-users.ts';
import { judgeSourceUser } from '../../engine/operations.ts';
import { readEmailAddress, readPhoneNumber } from '../../messages/destinations.ts';
import type { FoundUser } from './found.ts';

/** Normalizes the names and addresses of a user of the source, and lets the engine judge the user. */
export function check(ctx: RequestContext, { profile, authenticators, skipped, guarded }: FoundUser): JudgedUser {
  const name = newUserProfile.shape.name.safeParse(profile.name);
  if (!name.success) return { skipped: [...skipped, { what: 'user', why: `the name ${messageOf(name.error)}` }] };
  const invalid: Skipped[] = [];
  const readMember = (what: keyof typeof newUserProfile.shape, given: string | null | undefined): string | null => {
    // Other systems store an absent value as an empty text.
    if ((given ?? '').trim() === '') return null;
    const read = newUserProfile.shape[what].safeParse(given);
    if (read.success) return read.data ?? null;
    invalid.push({ what, why: messageOf(read.error) });
    return null;
  };
  const phone = profile.phone ?? '';
  const number = readPhoneNumber(phone, ctx.settings.region);
  const sourceUser: SourceUser = {
    name: name.data,
    email: readMember('email', profile.email),
    phone: readMember('phone', number.ok ? number.value : phone),
    firstName: readMember('firstName', profile.firstName),
    lastName: readMember('lastName', profile.lastName),
    authenticators: authenticators.map((one) => ({ ...one, label: labelOf(one), imported: normalized(ctx, one) })),
    guarded,
  };
  const judged = judgeSourceUser(ctx, sourceUser);
  return { ...judged, skipped: [...skipped, ...invalid, ...judged.skipped] };
}

/** A name that may be shown. Anything else may be a secret. */
export const shownName = (name: string | undefined) => newUserProfile.shape.name.safeParse(name).data;

const messageOf = (error: z.ZodError) => error.issues[0]?.message ?? '';

const labelOf = ({ label }: SourceCredential) => factorLabel.safeParse(label).data ?? null;

/** Normalizes the number or address that codes are sent to. One that cannot receive messages becomes empty, and its factor refuses it. */
function normalized({ settings }: RequestContext, { kind, imported }: SourceCredential): unknown {
  if (typeof imported !== 'object' || imported === null || !('destination' in imported)) return imported;
  const { destination } = imported;
  if (typeof destination !== 'string') return imported;
  const read = kind === 'sms' ? readPhoneNumber(destination, settings.region) : readEmailAddress(destination);
  return { ...imported, destination: read.ok ? read.value : '' };
}
