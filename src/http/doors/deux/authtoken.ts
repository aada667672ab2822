import { z } from 'zod';
import { loginAtOnce } from '../../../engine/operations.ts';
import type { SecondFactorNeeded } from '../../../engine/login/after-first-factor.ts';
import type { RefusedAtOnce } from '../../../engine/login/login-at-once.ts';
import type { Reason } from '../../../engine/reasons.ts';
import { route, type Reply, type Route } from '../../route.ts';
import { askedByProviders, promptSettings, replyMember, settingsOf } from '../shared/second-factor.ts';
import { badRequest, declined, failedToSend, say, sentences } from './dialect.ts';

/** Who is meant: as in HTTP Basic no control character, and a database can keep no NUL. */
export const reference = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'holds a control character');

/** What both of Deux's logins take beside their own. */
export const secondMembers = { mfa_code: replyMember.optional(), backup_code: z.string().max(64).optional() };

type Given = {
  readonly mfa_code?: z.infer<typeof replyMember> | undefined;
  readonly backup_code?: string | undefined;
};

/** The second factor a client brought along, if it did. */
export function secondOf({ mfa_code, backup_code }: Given) {
  if (mfa_code !== undefined) return { reply: mfa_code, role: 'second' as const };
  return backup_code === undefined ? undefined : { reply: backup_code, role: 'recovery' as const };
}

export const mfaRequiredView = z
  .strictObject({
    mfa_required: z.literal(true),
    mfa_type: z.string(),
    mfa_token: z.string(),
    mfa_settings: promptSettings.optional(),
  })
  .meta({
    id: 'MfaRequired',
    description:
      'A second factor is needed. A code by message is on its way. `mfa_settings` says what a provider needs that asks by itself.',
  });

export function viewNeeded(needed: SecondFactorNeeded): z.infer<typeof mfaRequiredView> {
  const { challengeToken, anyOf } = needed;
  const [asked] = askedByProviders(needed);
  const mfa_type = asked?.kind ?? anyOf[0]?.kind ?? '';
  const mfa_settings = asked && settingsOf(asked.prompt);
  return { mfa_required: true, mfa_type, mfa_token: challengeToken, ...(mfa_settings && { mfa_settings }) };
}

/** Deux's sentence for a login that was refused, or undefined where it has none. */
export function sentenceFor(reason: Reason, given: Given): string | undefined {
  if (reason === 'wrong_second_factor') return given.backup_code === undefined ? sentences.code : sentences.backupCode;
  const wrong: readonly Reason[] = ['wrong', 'no_authenticator', 'unknown_user', 'malformed_reply', 'raced'];
  return wrong.includes(reason) ? sentences.credentials : undefined;
}

export const authtokenLogin = z.strictObject({
  username: reference(254),
  password: z.string().max(1024),
  account: reference(128).optional(),
  ...secondMembers,
});

const login = (method: 'put' | 'post'): Route =>
  route({
    method,
    path: '/mfa/authtoken/login',
    access: 'anyone',
    tag: 'Self-service',
    say,
    summary: 'Log in with a password, and a code where one is needed',
    description: 'Without a code the answer says that one is needed, and a code by message is sent.',
    body: authtokenLogin,
    responses: {
      200: {
        description: 'Logged in, or a second factor is needed.',
        body: z.union([z.strictObject({ token: z.string() }), mfaRequiredView]),
      },
    },
    async handle({ ctx, body }) {
      const { username, password, account, ...codes } = body;
      if (codes.mfa_code !== undefined && codes.backup_code !== undefined) return nonField(sentences.bothCodes);
      const given = { authModule: 'authtoken', account, login: username, secret: password } as const;
      const outcome = await loginAtOnce(ctx, { ...given, second: secondOf(codes) });
      if (!outcome.ok) return refusedLogin(outcome, codes);
      const reached = outcome.value;
      if (reached.state === 'session') return { status: 200, json: { token: reached.token } };
      return { status: 200, json: viewNeeded(reached) };
    },
  });

export const authtokenRoutes: readonly Route[] = [login('put'), login('post')];

function refusedLogin(refusal: RefusedAtOnce, codes: Given): Reply {
  const sentence = sentenceFor(refusal.reason, codes);
  if (sentence !== undefined) return nonField(sentence);
  const { reason } = refusal;
  if (reason === 'gateway_failed' || reason === 'no_gateway') return badRequest(failedToSend(refusal.asked));
  return declined(refusal);
}

const nonField = (sentence: string) => badRequest({ non_field_errors: [sentence] });
