import { z } from 'zod';
import type { SourceCredential } from '../../../engine/operator/import-users.ts';
import { parseStrictJson } from '../../../http/server/strict-json.ts';
import { linesOf } from '../bytes.ts';
import { refusedSource, type Found, type Reading } from '../found.ts';
import type { Passes } from '../passes.ts';
import { problemIn, nameIn, notJson, tooLong } from '../read-json.ts';

/** Bytes of a line. */
const longest = 64 * 1024;

const label = z.string().optional();
const authenticator = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('totp'),
    label,
    secret: z.string(),
    algorithm: z.string().optional(),
    digits: z.number().optional(),
    period: z.number().optional(),
    lastStep: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('sms'), label, phone: z.string() }),
  z.strictObject({ type: z.literal('email'), label, email: z.string() }),
]);

const entry = z.strictObject({
  name: z.string(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  password: z.string().nullish(),
  factors: z.array(authenticator).default([]),
});

/** Our own format: one user for each line. docs/import.md describes its members. */
export function readJsonLines({ next, fraction }: Passes): Reading {
  return { users: () => users(next()), fraction };
}

async function* users(chunks: AsyncIterable<Buffer>): AsyncGenerator<Found> {
  let line = 0;
  for await (const bytes of linesOf(chunks, longest)) {
    line += 1;
    if (bytes === undefined) yield refusedSource(`line ${line}`, tooLong(longest));
    else if (bytes.length > 0 && !(bytes.length === 1 && bytes[0] === 0x0d)) yield userOf(`line ${line}`, bytes);
  }
}

function userOf(at: string, bytes: Buffer): Found {
  const json = parseStrictJson(bytes);
  if (!json.ok) return refusedSource(at, notJson);
  const read = entry.safeParse(json.value);
  if (!read.success) return { at, why: problemIn(read.error), ...nameIn(json.value, 'name') };
  const { password, factors, ...profile } = read.data;
  const authenticators: SourceCredential[] = factors.map(credentialOf);
  if (typeof password === 'string')
    authenticators.push({ kind: 'password', label: null, imported: { hash: password } });
  return { at, profile, authenticators, skipped: [], guarded: factors.length > 0 };
}

function credentialOf({ type: kind, label: own, ...given }: z.infer<typeof authenticator>): SourceCredential {
  if ('secret' in given) {
    const { secret: seed, ...parameters } = given;
    return { kind, label: own ?? null, imported: { seed, ...parameters } };
  }
  return { kind, label: own ?? null, imported: { destination: 'phone' in given ? given.phone : given.email } };
}
