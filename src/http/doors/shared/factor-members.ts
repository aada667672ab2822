import { z } from 'zod';
import type { JsonObject } from '../../../factors/factor.ts';
import { factorOf, kindsWhere, type Kind } from '../../../factors/registry.ts';

/** The second factors that users enroll, except those in `own`, for which a dialect has its own bodies. */
export const otherSecondFactors = (own: readonly string[]): readonly Kind[] =>
  kindsWhere(({ enroll, traits }) => enroll !== undefined && traits.roles.includes('second')).filter(
    (kind) => !own.includes(kind),
  );

/** The input of a factor, as members of a body. */
export function inputMembers(kind: string): Readonly<Record<string, z.core.SomeType>> {
  const input = factorOf(kind).enroll?.input;
  return input instanceof z.ZodObject ? input.shape : {};
}

/** The members of a body that belong to the factor. */
export function inputIn(kind: string, body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(inputMembers(kind)).flatMap((name) => (name in body ? [[name, body[name]]] : [])),
  );
}

/** Whether an enrollment of this kind must be confirmed. */
export const isConfirmed = (kind: string) => factorOf(kind).enroll?.confirm !== 'none';

const text = z.union([z.string().max(64), z.int().nonnegative()]);

/**
 * A code; its factor checks its form. Where one of the factors is confirmed by more than a code, it may be an object. The types leave that
 * out, as those of the client do.
 */
export function confirmationOf(kinds: readonly string[]): typeof text {
  if (!kinds.some((kind) => factorOf(kind).enroll?.confirm === 'judge')) return text;
  return z.union([...text.options, z.record(z.string(), z.unknown())]) as unknown as typeof text;
}
