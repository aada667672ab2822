import type { z } from 'zod';

/** An error in one member of an input. The value is not repeated, because it may be a secret. */
export type WrongMember = {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
  readonly missing: boolean;
};

/** The issues that a schema found in a value, one for each member. */
export function wrongMembers(error: z.ZodError, value: unknown): readonly WrongMember[] {
  return error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], detail: 'is not a known member', missing: false }))
      : [{ path, detail: message, missing: isMissing(value, path) }],
  );
}

function isMissing(value: unknown, [first, ...rest]: readonly PropertyKey[]): boolean {
  if (first === undefined) return value === undefined;
  return typeof value === 'object' && value !== null && isMissing(Reflect.get(value, first), rest);
}
