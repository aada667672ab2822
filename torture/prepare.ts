import { sessionIn, type Answered, type Asked, type Asker } from './recorder.ts';

/** What an application needs to ask for second factors and to log people in: set up by the administrator before anything goes wrong. */
export async function prepare(
  { ask }: Asker,
  { COUNTERSIGN_ADMIN_PASSWORD: password }: { readonly COUNTERSIGN_ADMIN_PASSWORD: string },
): Promise<{ readonly client: { readonly id: string; readonly secret: string }; readonly apikey: string }> {
  const who = 'admin';
  const got = async (asked: Omit<Asked, 'who' | 'node' | 'sent'>) =>
    member(await ask({ who, node: 0, sent: {}, ...asked }));
  const logIn = { op: 'login', method: 'POST', path: '/auth/password', basic: [who, password] as const } as const;
  const token = (await got({ ...logIn, got: (body) => sessionIn(body['token']) }))('token');
  const grants = ['password', 'refresh_token'];
  const client = await got({
    op: 'ask',
    method: 'POST',
    path: '/oauth2/clients',
    token,
    json: { name: 'app', grant_types: grants },
  });
  const key = await got({ op: 'ask', method: 'POST', path: '/users/me/secrets', token, json: { type: 'apikey' } });
  return { client: { id: client('client_id'), secret: client('client_secret') }, apikey: key('secret') };
}

function member({ body, seen }: Answered): (name: string) => string {
  return (name) => {
    const value = body[name];
    if (typeof value === 'string') return value;
    throw new Error(`the administrator was answered ${seen.status ?? 'nothing'} without ${name}`);
  };
}
