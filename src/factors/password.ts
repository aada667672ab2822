import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { isPasswordHash } from '../base/password-hash.ts';
import { comparableName } from '../base/text.ts';
import { isCommonPassword } from './common-passwords.ts';
import { defineFactor } from './define-factor.ts';

/** Passwords (SP 800-63B-4 section 3.1.1), stored as argon2id in a PHC string. */
const state = z.strictObject({
  hash: z.string(),
  /** Hashed by another system. The first login with it replaces the hash with one of ours. */
  imported: z.literal(true).optional(),
});

/**
 * 8 to 1,024 bytes, every character allowed. The upper bound limits the cost of hashing. An unpaired surrogate is
 * rejected, because all of them encode to the same bytes.
 */
export const newPassword = z.string().refine((text) => {
  const bytes = Buffer.byteLength(text);
  return text.isWellFormed() && bytes >= 8 && bytes <= 1024;
}, 'must be 8 to 1,024 bytes long');

/** Shorter input than any password is a wrong response, not a malformed one. */
const response = z
  .string()
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= 1024, 'must be at most 1,024 bytes long');

const proven = { amr: ['pwd'], factors: 1, phishingResistant: false } as const;

export const password = defineFactor({
  kind: 'password',
  traits: {
    roles: ['first'],
    limit: 1,
    replaces: true,
    programOnly: false,
    phishingResistant: false,
    verifies: 'slow',
  },
  state,
  response,
  enroll: {
    input: z.strictObject({ secret: newPassword }),
    async begin({ input: { secret } }, { hasher, user }) {
      if (await isCommonPassword(secret)) return refuse('password_too_common');
      if (user && comparableName(secret) === comparableName(user.name)) return refuse('password_is_name');
      return success({ state: { hash: await hasher.hash(normalized(secret)) }, shown: {} });
    },
    confirm: 'none',
  },

  async verify({ state: current, response: secret }, { hasher }) {
    const forms = current.imported ? otherNormalizations(secret) : [normalized(secret)];
    if (!(await matchesAny(forms, (form) => hasher.verify(current.hash, form)))) return refuse('wrong');
    // An imported hash, or one with other costs than today's, is replaced now: only a login has the plain text.
    const isOutdated = current.imported || costOf(current.hash) !== costOf(phcHead(hasher.cost));
    return success(isOutdated ? { ...proven, state: { hash: await hasher.hash(normalized(secret)) } } : proven);
  },

  async decoy(secret, { hasher }) {
    await hasher.hash(normalized(secret));
  },

  transfer: {
    imported: z.strictObject({
      hash: z.string().refine(isPasswordHash, 'has an unsupported format or cost'),
    }),
    adopt: ({ hash }) => ({ hash, imported: true as const }),
  },
});

/** Keyboards compose the same letter in different ways (SP 800-63B-4 section 3.1.1.2). */
const normalized = (secret: string) => secret.normalize('NFC');

/** Other systems hash the input as typed or in NFKC. Most passwords are the same in all three forms. */
const otherNormalizations = (secret: string) => new Set([secret, normalized(secret), secret.normalize('NFKC')]);

async function matchesAny(forms: Iterable<string>, matches: (form: string) => Promise<boolean>): Promise<boolean> {
  for (const form of forms) if (await matches(form)) return true;
  return false;
}

const phcHead = (cost: { memory: number; passes: number; lanes: number }) =>
  `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.lanes}$`;

/** The algorithm, version and costs of a PHC string. */
const costOf = (phc: string) => phc.split('$').slice(1, 4).join('$');
