import { z } from 'zod';
import { second } from '../../base/clock.ts';
import type { Exchange } from '../../base/exchange.ts';
import { jsonOf } from '../../base/json.ts';
import { success } from '../../base/outcome.ts';
import { sameText } from '../../base/seal.ts';
import {
  declined,
  isSuitable,
  type Duo,
  type DuoContext,
  type DuoOutcome,
  type DuoResponse,
  type DuoPrompt,
  type Spent,
} from './protocol.ts';
import type { DuoSettings } from './settings.ts';
import { assertion, drawText, longestLife, readIdToken, signed } from './token.ts';

/**
 * Duo's Universal Prompt, with the OIDC Auth API (duo.com/docs/oauthapi). The user goes to Duo with a signed request
 * and returns with a code, which is exchanged for an id token that has the result.
 */
export const universalResponse = z.strictObject({
  state: z.string().min(1).max(1024),
  duo_code: z.string().min(1).max(1024),
});

/** `redirect_uri` must be sent again with the code, as it was in the request (RFC 6749 section 4.1.3). */
export const universalMemo = z.strictObject({ state: z.string(), nonce: z.string(), redirect_uri: z.string() });

export const duoUniversal: Duo = {
  ask: askDuo,
  check: checkWithDuo,
  handleOf: (response) => universalResponse.safeParse(response).data?.state,
};

async function askDuo(settings: DuoSettings, user: string, ctx: DuoContext): Promise<DuoOutcome<DuoPrompt>> {
  if (!isSuitable(user)) return declined('unsuitable_user', 'the name is empty or not valid Unicode');
  const healthy = await checkHealth(settings, ctx);
  if (!healthy.ok) return healthy;
  const { integration_key: client_id } = settings;
  const state = drawText(ctx.random);
  const nonce = drawText(ctx.random);
  const life = Math.min(settings.duo_expire, longestLife / second);
  const common = { response_type: 'code', client_id, redirect_uri: ctx.redirectUri, scope: 'openid', nonce };
  const request = await signed(settings, {
    ...common,
    iss: client_id,
    aud: origin(settings),
    exp: Math.floor(ctx.now / second) + life,
    state,
    duo_uname: user,
    // Duo returns the code as `duo_code`, so that no other OAuth 2.0 client on the page uses it.
    use_duo_code_attribute: true,
  });
  // Duo's libraries also send the nonce unsigned; OpenID Connect allows either place (Core section 6.1).
  const query = new URLSearchParams({ ...common, request });
  return success({
    prompt: { shape: 'redirect', url: `${endpoint(settings, 'authorize')}?${query.toString()}`, state },
    memo: { state, nonce, redirect_uri: ctx.redirectUri },
    handle: state,
  });
}

async function checkHealth(settings: DuoSettings, ctx: DuoContext): Promise<DuoOutcome<unknown>> {
  const url = endpoint(settings, 'health_check');
  const answered = await call(ctx.exchange, url, {
    client_id: settings.integration_key,
    client_assertion: await assertion(settings, url, ctx),
  });
  return answered.ok && !healthy.safeParse(answered.value).success ? invalidAnswer(200) : answered;
}

async function checkWithDuo(
  settings: DuoSettings,
  { user, memo, response }: DuoResponse,
  ctx: DuoContext,
): Promise<DuoOutcome<Spent>> {
  const stored = universalMemo.safeParse(memo);
  const parsed = universalResponse.safeParse(response);
  if (!stored.success) return declined('wrong', 'answers a prompt of the Web SDK');
  if (!parsed.success) return declined('wrong', 'has no state and code');
  if (!sameText(parsed.data.state, stored.data.state)) return declined('wrong', 'answers another prompt');
  const url = endpoint(settings, 'token');
  const answered = await call(ctx.exchange, url, {
    grant_type: 'authorization_code',
    code: parsed.data.duo_code,
    redirect_uri: stored.data.redirect_uri,
    client_id: settings.integration_key,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(settings, url, ctx),
  });
  if (!answered.ok) return answered;
  const token = tokens.safeParse(answered.value);
  if (!token.success) return invalidAnswer(200);
  const expected = { issuer: url, user, nonce: stored.data.nonce, now: ctx.now };
  return readIdToken(settings, token.data.id_token, expected);
}

const healthy = z.object({ stat: z.literal('OK') });

const tokens = z.object({ id_token: z.string(), token_type: z.string().regex(/^bearer$/i) });

/** Errors have the format of Duo's APIs or of OAuth 2.0 (RFC 6749 section 5.2). */
const refusal = z.union([
  z.object({ stat: z.literal('FAIL'), message: z.string().optional() }),
  z.object({ error: z.string() }),
]);

const knownErrors = new Set([
  'invalid_client',
  'invalid_request',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** Posts a form to Duo and returns the JSON of a 200 response. */
async function call(exchange: Exchange, url: string, form: Record<string, string>): Promise<DuoOutcome<unknown>> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const exchanged = await exchange({ url, headers, body: new URLSearchParams(form).toString() });
  if ('failure' in exchanged) return declined('provider_unavailable', exchanged.failure);
  const { status } = exchanged;
  if (status === 429 || status >= 500) return declined('provider_unavailable', `status ${status}`);
  const answer = jsonOf(exchanged.text);
  const refused = refusal.safeParse(answer).data;
  if (!refused || (status >= 300 && status < 400)) return status === 200 ? success(answer) : invalidAnswer(status);
  const error = 'error' in refused ? refused.error : refused.message;
  // The code is spent, expired or unknown to Duo. The response is at fault, not the provider's settings.
  if (error === 'invalid_grant' && form.code !== undefined) return declined('wrong', 'Duo does not know the code');
  return declined('provider_refused', knownErrors.has(error ?? '') ? `status ${status}, ${error}` : `status ${status}`);
}

function invalidAnswer(status: number): DuoOutcome<never> {
  return declined('provider_nonsense', `status ${status}`);
}

function origin({ api_hostname: host }: DuoSettings): string {
  return `https://${host}`;
}

function endpoint(settings: DuoSettings, name: 'health_check' | 'authorize' | 'token'): string {
  return `${origin(settings)}/oauth/v1/${name}`;
}
