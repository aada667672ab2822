import type { z } from 'zod';

/** What is wrong with one member of what was given. Its value is not repeated: it may be a secret. */
export type WrongMember = {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
  readonly missing: boolean;
};

/** What a schema found wrong with a value, member by member. */
export function wrongMembers(error: z.ZodError, value: unknown): readonly WrongMember[] {
  return error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], detail: 'is not a member of this', missing: false }))
      : [{ path, detail: message, missing: isMissing(value, path) }],
  );
}

function isMissing(value: unknown, [first, ...rest]: readonly PropertyKey[]): boolean {
  if (first === undefined) return value === undefined;
  return typeof value === 'object' && value !== null && isMissing(Reflect.get(value, first), rest);
}
