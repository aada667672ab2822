import { z } from 'zod';
import { loginWithBothFactors } from '../../../engine/operations.ts';
import type { RefusedLogin } from '../../../engine/login/login-with-both-factors.ts';
import { route, type Reply, type Route } from '../../route.ts';
import {
  codeSentences,
  failedToSend,
  secondFactorMembers,
  secondFactorOf,
  sentenceFor,
  type GivenSecondFactor,
} from '../shared/both-factors.ts';
import { mfaRequiredView, viewNeeded } from '../shared/mfa-required.ts';
import { reference } from '../shared/reference.ts';
import { badRequest, declined, formatProblem } from './dialect.ts';

export const authtokenLogin = z.strictObject({
  username: reference(254),
  password: z.string().max(1024),
  account: reference(128).optional(),
  ...secondFactorMembers,
});

const login = (method: 'put' | 'post'): Route =>
  route({
    method,
    path: '/mfa/authtoken/login',
    access: 'anyone',
    tag: 'Self-service',
    formatProblem,
    summary: 'Log in with a password, and with a code if one is needed',
    description:
      'Without a code, the answer says whether one is needed. If the user gets codes by message, one is sent.',
    body: authtokenLogin,
    responses: {
      200: {
        description: 'Logged in, or a second factor is needed.',
        body: z.union([z.strictObject({ token: z.string() }), mfaRequiredView]),
      },
    },
    async handle({ ctx, body }) {
      const { username, password, account, ...codes } = body;
      if (codes.mfa_code !== undefined && codes.backup_code !== undefined) return nonField(codeSentences.bothCodes);
      const given = { authModule: 'authtoken', account, login: username, secret: password } as const;
      const outcome = await loginWithBothFactors(ctx, { ...given, second: secondFactorOf(codes) });
      if (!outcome.ok) return refusedLogin(outcome, codes);
      const reached = outcome.value;
      if (reached.state === 'session') return { status: 200, json: { token: reached.token } };
      return { status: 200, json: viewNeeded(reached) };
    },
  });

export const authtokenRoutes: readonly Route[] = [login('put'), login('post')];

function refusedLogin(refusal: RefusedLogin, codes: GivenSecondFactor): Reply {
  const sentence = sentenceFor(refusal.reason, codes);
  if (sentence !== undefined) return nonField(sentence);
  const { reason } = refusal;
  if (reason === 'gateway_failed' || reason === 'no_gateway')
    return badRequest({ detail: failedToSend(refusal.failedKind) });
  return declined(refusal);
}

const nonField = (sentence: string) => badRequest({ non_field_errors: [sentence] });
