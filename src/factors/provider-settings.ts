import type { Members } from '../base/merge-patch.ts';
import { wrongMembers, type WrongMember } from '../base/wrong-members.ts';
import type { Configurable } from './define-factor.ts';
import type { Operator } from './factor.ts';
import { factorOf, isProviderKind, type Kind } from './registry.ts';

/** Replaces a stored secret in responses. A client that sends it back keeps the stored secret. */
export const mask = '********';

type ReadSettings =
  | { readonly ok: true; readonly settings: Members }
  | { readonly ok: false; readonly members: readonly WrongMember[] };

/** Validates settings as a whole. A masked secret takes its value from `kept`. */
export function readSettings(kind: Kind, given: Members, operator: Operator, kept: Members = {}): ReadSettings {
  const { schema, secrets } = configurableOf(kind);
  const unmasked = secrets.filter((secret) => given[secret] === mask && Object.hasOwn(kept, secret));
  const whole = { ...given, ...Object.fromEntries(unmasked.map((secret) => [secret, kept[secret]])) };
  const read = schema(operator).safeParse(whole);
  return read.success
    ? { ok: true, settings: read.data as Members }
    : { ok: false, members: wrongMembers(read.error, whole) };
}

/** The secrets that are given in plain text. */
export function secretsIn(kind: Kind, given: Members): readonly string[] {
  return configurableOf(kind).secrets.filter((secret) => Object.hasOwn(given, secret) && given[secret] !== mask);
}

/**
 * Masks the secrets of settings, except those in `open`. If the kind of provider is unknown, every member is masked.
 */
export function maskSettings(kind: string, settings: Members, open: readonly string[] = []): Members {
  const secrets = isProviderKind(kind) ? configurableOf(kind).secrets : Object.keys(settings);
  return Object.fromEntries(
    Object.entries(settings).map(([member, value]) =>
      secrets.includes(member) && !open.includes(member) ? [member, mask] : [member, value],
    ),
  );
}

function configurableOf(kind: Kind): Configurable {
  const { settings } = factorOf(kind);
  if (!settings) throw new Error(`${kind} has no settings`);
  return settings;
}
