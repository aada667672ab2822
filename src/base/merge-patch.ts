/** A JSON object. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Applies a JSON merge patch (RFC 7396 section 2): absent members stay, null removes a member, a list is replaced as a
 * whole.
 */
export function mergePatch(target: Members, patch: Members): Members {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergeInto(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function mergeInto(target: unknown, patch: unknown): unknown {
  return isMembers(patch) ? mergePatch(isMembers(target) ? target : {}, patch) : patch;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
