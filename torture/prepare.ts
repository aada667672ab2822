import type { ActionContext } from './people/action.ts';
import type { OAuthClient } from './people/person.ts';
import { sessionIn, type Answer, type Call, type Recorder } from './recorder.ts';

export type Prepared = Pick<ActionContext, 'clients' | 'administrator' | 'strict' | 'apikey'>;

/**
 * Two OAuth2 clients, an account that requires an app of its users, and a service's API key, made by the administrator before the first
 * fault.
 */
export async function prepare(
  { ask }: Recorder,
  { COUNTERSIGN_ADMIN_PASSWORD: password }: { readonly COUNTERSIGN_ADMIN_PASSWORD: string },
): Promise<Prepared> {
  const received = async (call: Omit<Call, 'node' | 'sent'>) => member(await ask({ node: 0, sent: {}, ...call }));
  const logIn = async (who: string) => {
    const basic = [who, password] as const;
    const call = { who, op: 'login', method: 'POST', path: '/auth/password', basic } as const;
    return (await received({ ...call, received: (body) => sessionIn(body['token']) }))('token');
  };
  const who = 'admin';
  const token = await logIn(who);
  const administrator = { ask, who, token };
  const clients = {
    manager: await addClient(administrator, 'app', ['mfa']),
    reader: await addClient(administrator, 'reader', []),
  };
  const strict = await addStrictAccount(administrator);
  const service = 'shop';
  const data = { username: service, password, roles: ['service'] };
  await received({ who, op: 'ask', method: 'PUT', path: '/v2/accounts/root/users', token, json: { data } });
  const key = await received({
    who: service,
    op: 'ask',
    method: 'POST',
    path: '/users/me/secrets',
    token: await logIn(service),
    json: { type: 'apikey' },
  });
  return { clients, administrator: [who, password], strict, apikey: key('secret') };
}

type Administrator = Pick<Recorder, 'ask'> & Pick<Call, 'who' | 'token'>;

async function addClient(
  { ask, who, token }: Administrator,
  name: string,
  default_scopes: readonly string[],
): Promise<OAuthClient> {
  const json = { name, grant_types: ['password', 'refresh_token'], scopes: ['mfa'], default_scopes };
  const call = { node: 0, sent: {}, who, op: 'ask', method: 'POST', path: '/oauth2/clients', token, json } as const;
  const client = member(await ask(call));
  return { id: client('client_id'), secret: client('client_secret') };
}

/** The id of an account that requires an app of its users. */
async function addStrictAccount({ ask, who, token }: Administrator): Promise<string> {
  const v2 = async (method: string, path: string, data: unknown) => {
    const { body } = await ask({
      node: 0,
      sent: {},
      who,
      op: 'ask',
      method,
      path: `/v2/${path}`,
      token,
      json: { data },
    });
    const { id } = (body['data'] ?? {}) as { id?: string };
    return id ?? '';
  };
  const strict = await v2('PUT', 'accounts/root', { name: 'strict' });
  const app = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
  const configuration_id = await v2('PUT', `accounts/${strict}/multi_factor`, app);
  const required = { multi_factor: { enabled: true, configuration_id } };
  await v2('PATCH', `accounts/${strict}/security`, { auth_modules: { default: required } });
  return strict;
}

function member({ body, seen }: Answer): (name: string) => string {
  return (name) => {
    const value = body[name];
    if (typeof value === 'string') return value;
    throw new Error(`the administrator was answered ${seen.status ?? 'nothing'} without ${name}`);
  };
}
