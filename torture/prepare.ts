import { sessionIn, type Answer, type Call, type Recorder } from './recorder.ts';

/** An OAuth2 client and a service's API key, made by the administrator before the first fault. */
export async function prepare(
  { ask }: Recorder,
  { COUNTERSIGN_ADMIN_PASSWORD: password }: { readonly COUNTERSIGN_ADMIN_PASSWORD: string },
): Promise<{ readonly client: { readonly id: string; readonly secret: string }; readonly apikey: string }> {
  const received = async (call: Omit<Call, 'node' | 'sent'>) => member(await ask({ node: 0, sent: {}, ...call }));
  const logIn = async (who: string) => {
    const basic = [who, password] as const;
    const call = { who, op: 'login', method: 'POST', path: '/auth/password', basic } as const;
    return (await received({ ...call, received: (body) => sessionIn(body['token']) }))('token');
  };
  const who = 'admin';
  const token = await logIn(who);
  const grants = ['password', 'refresh_token'];
  const client = await received({
    who,
    op: 'ask',
    method: 'POST',
    path: '/oauth2/clients',
    token,
    json: { name: 'app', grant_types: grants, scopes: ['mfa'], default_scopes: ['mfa'] },
  });
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
  return { client: { id: client('client_id'), secret: client('client_secret') }, apikey: key('secret') };
}

function member({ body, seen }: Answer): (name: string) => string {
  return (name) => {
    const value = body[name];
    if (typeof value === 'string') return value;
    throw new Error(`the administrator was answered ${seen.status ?? 'nothing'} without ${name}`);
  };
}
