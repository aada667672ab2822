/** A stand-in for Duo's OIDC Auth API over TLS, which checks requests as Duo does and answers as Duo documents. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { get } from 'node:https';
import { selfSigned } from './certificate.ts';
import { standIn, type Seen, type StandIn } from './stand-in.ts';
import { claimsOf, jwtOf, type Claims } from '../hs512.ts';

export const duoClient = 'DIXXXXXXXXXXXXXXXXXX';
export const duoSecret = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';

export type Endpoint = 'health_check' | 'authorize' | 'token';

/** Deviations from Duo's right behaviour. */
export type Tricks = {
  /** Replaces an endpoint's answer. */
  readonly answers?: Partial<Record<Endpoint, (response: ServerResponse) => void>>;
  /** Changed claims of the id token; undefined removes a claim. */
  readonly claims?: Claims;
  readonly header?: Claims;
  readonly secret?: string;
  /** Changes the finished id token. */
  readonly token?: (token: string) => string;
};

export type DuoServer = StandIn & {
  /** The certificate that its clients have to trust. */
  readonly ca: string;
  play(tricks: Tricks): void;
  /** Follows the URL as a user who approves, and returns the parameters of the redirect. */
  visit(url: string): Promise<{ readonly state: string; readonly duo_code: string }>;
};

const identity = selfSigned();

type DuoState = {
  readonly clock: () => number;
  readonly host: () => string;
  readonly codes: Map<string, { readonly user: string; readonly nonce: unknown; readonly redirect: unknown }>;
  readonly jtis: Set<unknown>;
  tricks: Tricks;
};

/** `clock` tells milliseconds since the Unix epoch. */
export async function openDuo(clock: () => number): Promise<DuoServer> {
  const duo: DuoState = { clock, host: () => server.host, codes: new Map(), jtis: new Set(), tricks: {} };
  const server: StandIn = await standIn((request, response) => {
    const [path = '', query = ''] = (request.path ?? '').split('?');
    const endpoint = path.replace('/oauth/v1/', '') as Endpoint;
    const trick = duo.tricks.answers?.[endpoint];
    if (trick) return trick(response);
    if (`${request.method} ${endpoint}` === 'GET authorize')
      return authorize(duo, new URLSearchParams(query), response);
    if (request.method !== 'POST' || !isForm(request)) return json(response, 405, { error: 'invalid_request' });
    const form = new URLSearchParams(request.body);
    if (endpoint === 'health_check') return health(duo, form, response);
    return endpoint === 'token' ? trade(duo, form, response) : json(response, 404, { code: 40401, stat: 'FAIL' });
  }, identity);
  return Object.assign(server, {
    ca: identity.cert,
    play: (tricks: Tricks) => {
      duo.tricks = tricks;
    },
    visit,
  });
}

function isForm({ headers }: Seen): boolean {
  return headers['content-type'] === 'application/x-www-form-urlencoded';
}

function health(duo: DuoState, form: URLSearchParams, response: ServerResponse): void {
  const timestamp = Math.floor(duo.clock() / 1000);
  if (isClient(duo, form, 'health_check')) return json(response, 200, { response: { timestamp }, stat: 'OK' });
  const refusal = { code: 40002, message: 'invalid_client', message_detail: 'Failed to verify signature.' };
  json(response, 400, { ...refusal, stat: 'FAIL', timestamp });
}

function authorize(duo: DuoState, query: URLSearchParams, response: ServerResponse): void {
  const request = claimsOf(query.get('request') ?? '', duoSecret) ?? {};
  const { state, redirect_uri: redirect, duo_uname: user } = request;
  const nonce = query.get('nonce') ?? '';
  const right =
    query.get('response_type') === 'code' &&
    query.get('client_id') === duoClient &&
    request.response_type === 'code' &&
    request.scope === 'openid' &&
    request.client_id === duoClient &&
    request.iss === duoClient &&
    request.aud === `https://${duo.host()}` &&
    isInTime(duo, request.exp) &&
    request.use_duo_code_attribute === true &&
    [state, nonce].every((text) => typeof text === 'string' && text.length >= 22 && text.length <= 1024);
  if (!right || typeof user !== 'string' || typeof redirect !== 'string') {
    return json(response, 400, { error: 'invalid_request', error_description: 'The request is not right.' });
  }
  const duo_code = createHmac('sha256', 'codes').update(`${duo.codes.size}`).digest('hex');
  duo.codes.set(duo_code, { user, nonce, redirect });
  const back = new URLSearchParams({ state: String(state), duo_code });
  response.writeHead(302, { location: `${redirect}?${back.toString()}` }).end();
}

function trade(duo: DuoState, form: URLSearchParams, response: ServerResponse): void {
  const code = form.get('code') ?? '';
  const found = duo.codes.get(code);
  const type = form.get('client_assertion_type');
  if (type !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' || !isClient(duo, form, 'token')) {
    return json(response, 400, { error: 'invalid_client', error_description: 'Failed to verify signature.' });
  }
  if (form.get('grant_type') !== 'authorization_code') return json(response, 400, { error: 'unsupported_grant_type' });
  if (!found || found.redirect !== form.get('redirect_uri')) {
    return json(response, 400, { error: 'invalid_grant', error_description: `The code ${code} is not right.` });
  }
  duo.codes.delete(code);
  const now = Math.floor(duo.clock() / 1000);
  const { claims, header, secret = duoSecret, token = (made) => made } = duo.tricks;
  const right = {
    iss: `https://${duo.host()}/oauth/v1/token`,
    sub: found.user,
    aud: duoClient,
    exp: now + 300,
    iat: now + 0.25,
    auth_time: now,
    nonce: found.nonce,
    preferred_username: found.user,
    auth_result: { result: 'allow', status: 'allow', status_msg: 'Login Successful' },
    auth_context: { txid: '00000000-0000-4000-8000-000000000000', result: 'success', factor: 'duo_push' },
  };
  const id_token = token(jwtOf({ ...right, ...claims }, secret, { alg: 'HS512', typ: 'JWT', ...header }));
  json(response, 200, { id_token, access_token: 'duo-access-token', expires_in: 300, token_type: 'Bearer' });
}

/** Whether a form has the client's assertion for this endpoint, sent for the first time. */
function isClient(duo: DuoState, form: URLSearchParams, endpoint: Endpoint): boolean {
  const claims = claimsOf(form.get('client_assertion') ?? '', duoSecret) ?? {};
  const right =
    form.get('client_id') === duoClient &&
    claims.iss === duoClient &&
    claims.sub === duoClient &&
    claims.aud === `https://${duo.host()}/oauth/v1/${endpoint}` &&
    isInTime(duo, claims.exp) &&
    typeof claims.jti === 'string' &&
    !duo.jtis.has(claims.jti);
  duo.jtis.add(claims.jti);
  return right;
}

function isInTime({ clock }: DuoState, exp: unknown): boolean {
  const left = Number(exp) - clock() / 1000;
  return left > 0 && left <= 300;
}

async function visit(url: string): ReturnType<DuoServer['visit']> {
  const [response] = (await once(get(url, { ca: identity.cert }), 'response')) as [IncomingMessage];
  response.resume();
  const { searchParams } = new URL(response.headers.location ?? '', 'https://nowhere.example');
  return { state: searchParams.get('state') ?? '', duo_code: searchParams.get('duo_code') ?? '' };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
