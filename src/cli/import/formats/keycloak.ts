import { z } from 'zod';
import type { Kept, Left } from '../../../engine/import-users.ts';
import { parseStrictJson } from '../../../http/strict-json.ts';
import { saysFactor } from '../factor-names.ts';
import { off, refusedSource, unlikeOurs, type Found, type Reading } from '../found.ts';
import { cutOff, jsonItems, noList, notOne } from '../json-items.ts';
import { twoPasses, type Passes } from '../passes.ts';
import { complaintOf, nameIn, notJson, tooLong } from '../read-json.ts';
import { credential, passwordOf, totpOf, type Credential } from './keycloak-credentials.ts';

/** Bytes of one user. */
const longest = 256 * 1024;

const entry = z.object({
  username: z.string(),
  email: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  enabled: z.boolean().default(false),
  serviceAccountClientId: z.string().nullish(),
  totp: z.boolean().nullish(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
  requiredActions: z.array(z.string()).default([]),
  credentials: z.array(credential).default([]),
});

type Entry = z.infer<typeof entry>;

/** A realm's export with its users, in one file or in one of several (`realm-users-0.json`). */
export function readKeycloak(file: string): Reading {
  const passes = twoPasses(file);
  return { users: users(passes), fraction: passes.fraction };
}

/** What is wrong with the file as a whole. */
const faults = {
  [cutOff]: 'ends in the middle',
  [noList]: 'is no export of one realm with its users',
  [notOne]: 'goes on after its export: import one file at a time',
};

async function* users(passes: Passes): AsyncGenerator<Found> {
  const fault = await faultIn(passes);
  if (fault !== undefined) {
    yield refusedSource('the file', fault);
    return;
  }
  let number = 0;
  for await (const bytes of jsonItems(passes.next(), 'users', longest)) {
    number += 1;
    const at = `user ${number}`;
    if (bytes === undefined) yield { at, why: tooLong(longest) };
    else if (typeof bytes !== 'symbol') yield userOf(at, bytes);
  }
}

async function faultIn(passes: Passes): Promise<string | undefined> {
  for await (const bytes of jsonItems(passes.next(), 'users', longest))
    if (typeof bytes === 'symbol') return faults[bytes];
  return undefined;
}

function userOf(at: string, bytes: Buffer): Found {
  const json = parseStrictJson(bytes);
  if (!json.ok) return { at, why: notJson };
  const read = entry.safeParse(json.value);
  if (!read.success) return { at, why: complaintOf(read.error), ...nameIn(json.value, 'username') };
  const { username: name, email, firstName, lastName, credentials } = read.data;
  if (read.data.serviceAccountClientId) return { at, name, why: "is a client's account and no person's" };
  if (!read.data.enabled) return { at, name, why: off };
  const left: Left[] = read.data.requiredActions.every((action) => harmlessActions.has(action)) ? [] : [enrollment];
  const authenticators: Kept[] = [];
  for (const one of credentials) {
    const held = keptOf(one, read.data);
    if ('why' in held) left.push(held);
    else authenticators.push(held);
  }
  return { at, profile: { name, email, firstName, lastName }, authenticators, left, guarded: isGuarded(read.data) };
}

/** Any other credential counts as a second factor, and any other action may ask for one. */
const harmlessCredentials = new Set(['password', 'password-history']);
const harmlessActions = new Set([
  'UPDATE_EMAIL',
  'UPDATE_PASSWORD',
  'UPDATE_PROFILE',
  'VERIFY_EMAIL',
  'VERIFY_PROFILE',
  'TERMS_AND_CONDITIONS',
  'terms_and_conditions',
  'update_user_locale',
]);

const enrollment: Left = {
  what: 'required action',
  why: 'may ask for a second factor at the next login there, which is not asked for here',
};

function isGuarded({ totp, attributes, credentials, requiredActions }: Entry): boolean {
  return (
    totp === true ||
    saysFactor(attributes ?? {}) ||
    credentials.some(({ type }) => !harmlessCredentials.has(type)) ||
    requiredActions.some((action) => !harmlessActions.has(action))
  );
}

function keptOf(one: Credential, user: Entry): Kept | Left {
  if (one.type === 'otp') return totpOf(one);
  if (one.type === 'recovery-authn-codes') return { what: 'recovery codes', why: unlikeOurs };
  if (one.type !== 'password') return { what: 'another credential', why: 'is of a kind that cannot be taken' };
  if (user.requiredActions.includes('UPDATE_PASSWORD'))
    return { what: 'password', why: 'has to be changed at the next login there, which is not asked for here' };
  return passwordOf(one);
}
