import { sessionIn, type Answer, type Call, type Recorder } from './recorder.ts';

/** An OAuth2 client and a service's API key, made by the administrator before the first fault. */
export async function prepare(
  { ask }: Recorder,
  { COUNTERSIGN_ADMIN_PASSWORD: password }: { readonly COUNTERSIGN_ADMIN_PASSWORD: string },
): Promise<{ readonly client: { readonly id: string; readonly secret: string }; readonly apikey: string }> {
  const who = 'admin';
  const received = async (call: Omit<Call, 'who' | 'node' | 'sent'>) =>
    member(await ask({ who, node: 0, sent: {}, ...call }));
  const logIn = { op: 'login', method: 'POST', path: '/auth/password', basic: [who, password] as const } as const;
  const token = (await received({ ...logIn, received: (body) => sessionIn(body['token']) }))('token');
  const grants = ['password', 'refresh_token'];
  const client = await received({
    op: 'ask',
    method: 'POST',
    path: '/oauth2/clients',
    token,
    json: { name: 'app', grant_types: grants },
  });
  const key = await received({ op: 'ask', method: 'POST', path: '/users/me/secrets', token, json: { type: 'apikey' } });
  return { client: { id: client('client_id'), secret: client('client_secret') }, apikey: key('secret') };
}

function member({ body, seen }: Answer): (name: string) => string {
  return (name) => {
    const value = body[name];
    if (typeof value === 'string') return value;
    throw new Error(`the administrator was answered ${seen.status ?? 'nothing'} without ${name}`);
  };
}
