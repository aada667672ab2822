import { z } from 'zod';
import type { ChallengedUser } from '../../../engine/challenge/find-challenged-user.ts';
import type { CreatedChallenge } from '../../../engine/challenge/create-challenge.ts';
import { longestToken } from '../../../engine/access-token.ts';
import { hintOf } from '../../../engine/operations.ts';
import { hasRole } from '../../../factors/registry.ts';
import type { Challenge } from '../../../store/challenge-rows.ts';
import type { StoredPrompt } from '../../../store/prompts.ts';
import { reference } from '../shared/reference.ts';
import { tokenMembers } from '../shared/tokens-view.ts';
import { optionsMember, promptSettings, responseMember, settingsOf, viewProviders } from '../shared/second-factor.ts';

/** A user by id, or by name in an account; by default in the service's own account. */
const named = z.union([
  z.strictObject({ uid: z.uuid() }),
  z.strictObject({ name: reference(254), account: reference(128).optional() }),
]);

export const namedBy = (given: z.infer<typeof named>): ChallengedUser =>
  'uid' in given ? { type: 'id', id: given.uid } : { type: 'name', ...given };

/** PostgreSQL stores no NUL. A lone surrogate has no UTF-8, so its hash would differ between programs. */
const isText = (text: string) => text.isWellFormed() && !text.includes('\0');
const notText = 'contains an unassigned character';

export const newChallenge = z.strictObject({
  user: named.optional(),
  factors: z.array(z.string().max(32)).min(1).max(16).optional(),
  /** The text that the user is asked to approve; the assertion repeats it. */
  action: z.string().min(1).max(1024).refine(isText, notText).optional(),
  /** The purpose in a word, which the assertion repeats. */
  purpose: z.string().min(1).max(64).refine(isText, notText).optional(),
});

export const challengePath = z.strictObject({ id: z.union([z.literal('current'), z.uuid()]) });

export const sending = z.strictObject({ factor_id: z.uuid().optional() });

export const response = z
  .strictObject({
    factor_id: z.uuid().optional(),
    code: responseMember.optional(),
    backup_code: z.string().max(64).optional(),
    duo_code: z.string().max(1024).optional(),
    /** The response of Duo's Web SDK; `code` may have it too. */
    duo_sig_response: z.string().max(8192).optional(),
    /** For a session that steps up and whose user has no second factor. */
    password: z.string().max(1024).optional(),
  })
  .refine(
    ({ factor_id: _id, ...given }) => Object.values(given).filter((one) => one !== undefined).length === 1,
    'must have one of code, backup_code, duo_code, duo_sig_response and password',
  );

export const redeeming = z.strictObject({
  assertion: z
    .string()
    .max(longestToken)
    .regex(/^[\w.-]+$/, 'must be a JWT'),
});

const factorView = z.strictObject({
  id: z.uuid().optional(),
  type: z.string(),
  label: z.string().nullable(),
  hint: z.string().optional(),
  settings: promptSettings.optional(),
});

export const challengeView = z
  .strictObject({
    id: z.uuid(),
    challenge_token: z.string(),
    state: z.literal('pending'),
    expires_at: z.iso.datetime(),
    factors: z.array(factorView),
  })
  .meta({ id: 'Challenge', description: '`settings` has the data for a provider with its own prompt.' });

export const challengeStateView = z.strictObject({
  id: z.uuid(),
  state: z.enum(['pending', 'approved', 'expired', 'failed']),
  expires_at: z.iso.datetime(),
});

export function viewCreatedChallenge({
  challenge,
  token,
  anyOf,
  prompts,
}: CreatedChallenge): z.infer<typeof challengeView> {
  const own = anyOf.map((authenticator) => {
    // A password is not one of several factors that a user chooses from.
    if (!hasRole(authenticator.kind, 'second')) return { type: authenticator.kind, label: null };
    const hint = hintOf(authenticator);
    const { id, kind, label } = authenticator;
    return { id, type: kind, label, ...(hint !== undefined && { hint }) };
  });
  return {
    id: challenge.id,
    challenge_token: token,
    state: 'pending',
    expires_at: new Date(challenge.expiresAt).toISOString(),
    factors: [...own, ...viewProviders({ prompts })],
  };
}

export const sentView = z.strictObject({
  hint: z.string().optional(),
  /** The URL of Duo's Universal Prompt, where the client sends the user. */
  auth_url: z.string().optional(),
  /** The request of Duo's Web SDK, and the host that it is for. */
  duo_sig_request: z.string().optional(),
  duo_api_hostname: z.string().optional(),
  /** The settings of a provider with its own prompt. */
  settings: promptSettings.optional(),
  ...optionsMember,
  expires_at: z.iso.datetime(),
  retry_after: z.int(),
});

/** The prompt of a provider or of a key is created with the challenge and is only shown again here. */
export function viewPrompted({ shown }: StoredPrompt, { expiresAt }: Challenge): z.infer<typeof sentView> {
  const settings = settingsOf(shown);
  return {
    ...(shown.shape === 'redirect' && { auth_url: shown.url }),
    ...(shown.shape === 'signedRequest' && settings),
    ...(settings && { settings }),
    ...(shown.shape === 'publicKey' && { options: { ...shown.options } }),
    expires_at: new Date(expiresAt).toISOString(),
    retry_after: 0,
  };
}

export const approvedView = z
  .strictObject({
    state: z.literal('approved'),
    user_id: z.uuid(),
    amr: z.array(z.string()),
    acr: z.enum(['aal1', 'aal2']),
    assertion: z.string().optional(),
    ...tokenMembers,
  })
  .meta({ id: 'Approved', description: 'A service gets an `assertion`, a session its next `token`.' });

export const redeemedView = z
  .strictObject({
    state: z.literal('approved'),
    user_id: z.uuid(),
    amr: z.array(z.string()),
    acr: z.enum(['aal1', 'aal2']),
    purpose: z.string().optional(),
    action: z.string().optional(),
  })
  .meta({ id: 'Redeemed', description: 'The approval, and how the user was authenticated.' });
