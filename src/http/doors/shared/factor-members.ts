import { z } from 'zod';
import type { JsonObject } from '../../../factors/factor.ts';
import { factorOf, kindsWhere, type Kind } from '../../../factors/registry.ts';

/** Second factors that users enroll, but for those that a dialect has its own words for. */
export const secondsBeyond = (own: readonly string[]): readonly Kind[] =>
  kindsWhere(({ enroll, traits }) => enroll !== undefined && traits.roles.includes('second')).filter(
    (kind) => !own.includes(kind),
  );

/** What a factor needs of its user, as members of a body. */
export function inputMembers(kind: string): Readonly<Record<string, z.core.SomeType>> {
  const input = factorOf(kind).enroll?.input;
  return input instanceof z.ZodObject ? input.shape : {};
}

/** The members of a body that are the factor's. */
export function inputIn(kind: string, body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(inputMembers(kind)).flatMap((name) => (name in body ? [[name, body[name]]] : [])),
  );
}

/** Whether an enrollment waits to be confirmed. */
export const isConfirmed = (kind: string) => factorOf(kind).enroll?.confirm !== 'none';

const text = z.union([z.string().max(64), z.int().nonnegative()]);

/**
 * A code; what form it must have is said by its factor. Where more than a code confirms one of these factors it may be an object, of which the
 * types know as little as the client's do.
 */
export function confirmationOf(kinds: readonly string[]): typeof text {
  if (!kinds.some((kind) => factorOf(kind).enroll?.confirm === 'judge')) return text;
  return z.union([...text.options, z.record(z.string(), z.unknown())]) as unknown as typeof text;
}
