import { z } from 'zod';
import type { Refusal } from '../../../base/outcome.ts';
import type { RequestContext } from '../../../engine/context.ts';
import { introspect, passwordGrant, refresh, revoke } from '../../../engine/operations.ts';
import type { RefusedLogin } from '../../../engine/login/login-with-both-factors.ts';
import type { Reason } from '../../../engine/reasons.ts';
import { assuranceOf } from '../../../engine/session/assurance.ts';
import type { OAuthClient } from '../../../store/clients.ts';
import { problemOf } from '../../errors/reasons.ts';
import type { ProblemCode } from '../../problem-codes/index.ts';
import { route, type Problem, type Reply, type Route } from '../../route.ts';
import {
  codeSentences,
  failedToSend,
  secondFactorMembers,
  secondFactorOf,
  sentenceFor,
} from '../shared/both-factors.ts';
import { grantedView, granted } from '../shared/granted-view.ts';
import { mfaRequiredView, viewNeeded } from '../shared/mfa-required.ts';
import { reference } from '../shared/reference.ts';
import { callingClient } from './calling-client.ts';

const tag = 'OAuth2';

const text = (max: number) => z.string().max(max).optional();
const clientMembers = { client_id: reference(128).optional(), client_secret: text(256) };

/** A server must ignore unknown parameters here (RFC 6749 section 3.2), so this schema is not strict. */
const tokenBody = z.object({
  grant_type: z.string().max(128),
  ...clientMembers,
  scope: text(1024),
  username: reference(254).optional(),
  password: text(1024),
  account: reference(128).optional(),
  // Long enough for an access token that a client sends by mistake.
  refresh_token: text(4096),
  ...secondFactorMembers,
});

/** RFC 6749 section 5.2, with Deux's `detail`. */
function formatProblem({ status, code, detail, headers, more }: Problem): Reply {
  const error = errors.has(code) ? code : (faults[code] ?? 'invalid_request');
  return { status, json: { error, error_description: detail, detail, ...more }, ...(headers && { headers }) };
}

const errors: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'mfa_enrollment_required',
  'unauthorized_client',
  'unsupported_grant_type',
  'temporarily_unavailable',
]);

/** RFC 6749 section 4.1.2.1 has its own words for these codes. */
const faults: Partial<Record<ProblemCode, string>> = {
  internal_error: 'server_error',
  unavailable: 'temporarily_unavailable',
};

const invalid = (detail: string) => formatProblem({ status: 400, code: 'invalid_request', detail });

const common = { method: 'post', access: 'basic', tag, formatProblem, form: true } as const;

/** Deux's documents say PUT; Deux itself and RFC 6749 use POST. */
const tokenRoute = (method: 'put' | 'post'): Route =>
  route({
    ...common,
    method,
    path: '/mfa/oauth2/token',
    summary: 'Get tokens with a password and a code, or with a refresh token',
    description:
      'The client authenticates with HTTP Basic or in the body. The password grant is only for clients that may use it: RFC 9700 advises against it.',
    body: tokenBody,
    responses: {
      200: { description: 'Tokens, or a second factor is needed.', body: z.union([grantedView, mfaRequiredView]) },
    },
    async handle({ ctx, body, headers }) {
      const client = await callingClient(ctx, body, headers);
      if (!client.ok) return invalidClient(client);
      if (body.grant_type === 'password') return byPassword(ctx, client.value, body);
      if (body.grant_type === 'refresh_token') return byRefreshToken(ctx, client.value, body);
      const detail = '`grant_type`: expected password or refresh_token.';
      return formatProblem({ status: 400, code: 'unsupported_grant_type', detail });
    },
  });

export const tokenRoutes: readonly Route[] = [
  tokenRoute('post'),
  tokenRoute('put'),
  route({
    ...common,
    path: '/oauth2/introspect',
    summary: 'Introspect a token (RFC 7662)',
    body: z.object({ ...clientMembers, token: z.string().max(4096), token_type_hint: text(64) }),
    responses: {
      200: {
        description: 'Whether the token is active, and then its claims.',
        body: z.looseObject({ active: z.boolean() }),
      },
    },
    async handle({ ctx, body, headers }) {
      const client = await callingClient(ctx, body, headers);
      if (!client.ok) return invalidClient(client);
      const outcome = await introspect(ctx, client.value, body.token);
      if (!outcome.ok) return invalidClient(outcome);
      const found = outcome.value;
      if (!found) return { status: 200, json: { active: false } };
      const { session, kind, claims, scope } = found;
      const times = {
        auth_time: inSeconds(session.authTime),
        exp: inSeconds(found.expiresAt),
        iat: inSeconds(found.issuedAt),
      };
      const subject = { sub: session.userId, account: session.accountId };
      const claimed = { ...subject, amr: session.amr, acr: assuranceOf(session), ...times };
      const token = claims && { aud: claims.aud, ...(claims.jti !== undefined && { jti: claims.jti }) };
      const grant = session.clientId === null ? {} : { client_id: session.clientId, scope: scope ?? '' };
      const token_type = kind === 'access_token' ? 'Bearer' : 'refresh_token';
      return { status: 200, json: { active: true, token_type, ...grant, ...claimed, ...token } };
    },
  }),
  route({
    ...common,
    path: '/oauth2/revoke',
    summary: 'End the session of a token (RFC 7009)',
    body: z.object({ ...clientMembers, token: z.string().max(4096), token_type_hint: text(64) }),
    responses: { 200: { description: 'If the token was issued to this client, it is no longer valid.' } },
    async handle({ ctx, body, headers }) {
      const client = await callingClient(ctx, body, headers);
      if (!client.ok) return invalidClient(client);
      await revoke(ctx, client.value, body.token);
      return { status: 200 };
    },
  }),
];

const inSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000);

type TokenBody = z.infer<typeof tokenBody>;

async function byPassword(ctx: RequestContext, client: OAuthClient, body: TokenBody): Promise<Reply> {
  const { username, password, account, scope } = body;
  if (username === undefined || password === undefined)
    return invalid('The password grant requires `username` and `password`.');
  if (body.mfa_code !== undefined && body.backup_code !== undefined) return invalid(codeSentences.bothCodes);
  const given = { login: username, secret: password, account, scope, second: secondFactorOf(body) };
  const outcome = await passwordGrant(ctx, client, given);
  if (!outcome.ok) return refusedGrant(outcome, sentenceFor(outcome.reason, body));
  if (outcome.value.state === 'granted') return granted(outcome.value);
  return { status: 200, json: viewNeeded(outcome.value) };
}

async function byRefreshToken(ctx: RequestContext, client: OAuthClient, body: TokenBody): Promise<Reply> {
  if (body.refresh_token === undefined) return invalid('The refresh grant requires `refresh_token`.');
  const outcome = await refresh(ctx, client, { refreshToken: body.refresh_token, scope: body.scope });
  return outcome.ok ? granted(outcome.value) : refusedGrant(outcome, undefined);
}

function refusedGrant(refusal: RefusedLogin, sentence: string | undefined): Reply {
  if (sentence !== undefined) return formatProblem({ status: 400, code: 'invalid_grant', detail: sentence });
  const { reason } = refusal;
  if (reason === 'gateway_failed' || reason === 'no_gateway') {
    return formatProblem({ status: 400, code: 'temporarily_unavailable', detail: failedToSend(refusal.failedKind) });
  }
  const shown = problemOf(refusal);
  return formatProblem(
    reason === 'throttled' || reason === 'send_limited' ? { ...shown, code: 'temporarily_unavailable' } : shown,
  );
}

function invalidClient(refusal: Refusal<Reason>): Reply {
  return formatProblem(
    problemOf(refusal, {
      invalid_client: { headers: { 'WWW-Authenticate': 'Basic realm="countersign", charset="UTF-8"' } },
    }),
  );
}
