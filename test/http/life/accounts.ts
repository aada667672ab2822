import { second } from '../../../src/base/clock.ts';
import { member, type Answer } from '../../../kit/server.ts';
import type { Life } from './begin.ts';

/** A reseller makes an account and its users, and reads who tried what. */
export async function accounts(life: Life): Promise<void> {
  const { server, ask, keep } = life;
  const { admin, clock } = server;
  const by = { bearer: admin.token };
  const ask2 = (status: number, method: string, path: string, data?: object) =>
    ask(status, method, `/v2/accounts/${path}`, { ...by, ...(data && { json: { data } }) });
  const dataOf = (answer: Answer) => (answer.json as { data: Readonly<Record<string, string>> }).data;
  const { id } = dataOf(await ask2(201, 'PUT', 'root', { name: 'acme', realm: 'acme.example' }));
  await ask2(409, 'PUT', 'root', { name: 'Acme' });
  const branch = dataOf(await ask2(201, 'PUT', `${id}`, { name: 'a branch' }))['id'];
  await ask2(409, 'POST', `${id}/move`, { to: branch });
  await ask2(200, 'POST', `${branch}/move`, { to: 'root' });
  await ask2(200, 'DELETE', `${branch}`);
  await ask2(200, 'GET', `${id}`);
  await ask2(200, 'PATCH', `${id}`, { realm: null });
  await ask2(200, 'POST', `${id}`, { name: 'acme inc' });
  for (const at of [id, 'root'])
    for (const list of ['children', 'descendants', 'parents', 'users']) await ask2(200, 'GET', `${at}/${list}`);
  const carol = { username: 'carol', password: 'carol at the office' };
  const [wrong, later] = ['carol in the kitchen', 'carol on the roof'];
  keep('password', 0, carol.password, wrong, later);
  const made = dataOf(await ask2(201, 'PUT', `${id}/users`, { ...carol, email: 'carol@example.org' }));
  const own = `${id}/users/${made['id']}`;
  const logIn = (status: number, data: object) => ask(status, 'PUT', '/v2/user_auth', { json: { data } });
  const there = { account_name: 'ACME inc' };
  await logIn(401, { ...carol, ...there, password: wrong });
  const token = member(await logIn(201, { ...carol, ...there }), 'auth_token');
  keep('auth_token', 1, token);
  const { secret } = (await ask(200, 'PUT', '/mfa/totp/request', { bearer: token, json: {} })).json as {
    secret: string;
  };
  keep('seed', 1, secret);
  await ask(200, 'PUT', '/mfa/totp/verify', { bearer: token, json: { mfa_code: server.code({ seed: secret }) } });
  clock.tick(30 * second);
  await logIn(401, { ...carol, ...there });
  const multi_factor_response = server.code({ seed: secret });
  await logIn(401, { ...carol, ...there, multi_factor_response: server.wrongCode({ seed: secret }) });
  keep('auth_token', 1, member(await logIn(201, { ...carol, ...there, multi_factor_response }), 'auth_token'));
  for (const about of ['security', 'multi_factor']) {
    const attempts = await ask2(200, 'GET', `${id}/${about}/attempts`);
    const [newest] = (attempts.json as { data: readonly { id: string }[] }).data;
    await ask2(200, 'GET', `${id}/${about}/attempts/${newest?.id}`);
  }
  await ask(200, 'GET', '/v2/security', by);
  const said = { auth_modules: { user_auth: { multi_factor: { enabled: true, include_subaccounts: true } } } };
  await ask2(200, 'POST', `${id}/security/preview`, said);
  await ask2(200, 'POST', `${id}/security`, said);
  await ask2(200, 'PATCH', `${id}/security`, { auth_modules: { user_auth: { multi_factor: { enabled: false } } } });
  await ask2(200, 'GET', `${id}/security`);
  await ask2(200, 'GET', `${id}/security/explain?user=carol`);
  await ask2(200, 'DELETE', `${id}/security`);
  await providers(life, `accounts/${id}/multi_factor`, 'multi_factor');
  await ask2(200, 'GET', own);
  await ask2(200, 'PATCH', own, { password: later });
  await ask2(200, 'POST', own, { username: 'caroline' });
  await ask2(409, 'DELETE', `${id}`);
  await ask2(200, 'DELETE', own);
  await ask2(200, 'DELETE', `${id}`);
}

/** A Duo of an account's own, and one of the system's. */
async function providers({ server, ask, keep }: Life, own: string, system: string): Promise<void> {
  const ask2 = (status: number, method: string, path: string, data?: object) =>
    ask(status, method, `/v2/${path}`, { bearer: server.admin.token, ...(data && { json: { data } }) });
  const keys = (letter: string) => {
    const made = {
      secret_key: `secret-${letter}`.padEnd(40, letter),
      own: `application-${letter}`.padEnd(40, letter),
    };
    keep('provider key', 1, made.secret_key, made.own);
    return { secret_key: made.secret_key, application_secret_key: made.own };
  };
  const common = { integration_key: 'DIXXXXXXXXXXXXXXXXXX', api_hostname: 'api-00000000.duosecurity.com' };
  const duo = { provider_name: 'duo', provider_type: 'multi_factor', enabled: true };
  const bad = 'half a secret key';
  keep('provider key', 0, bad);
  await ask2(400, 'PUT', own, { ...duo, settings: { ...common, secret_key: bad } });
  const made = await ask2(201, 'PUT', own, { ...duo, settings: { ...common, ...keys('a') } });
  const { id } = (made.json as { data: { id: string } }).data;
  await ask2(201, 'PUT', system, { ...duo, settings: { ...common, ...keys('b') } });
  for (const [list, one] of [
    [own, `${own}/${id}`],
    [system, `${system}/duo`],
  ] as const) {
    await ask2(200, 'GET', list);
    const { data } = (await ask2(200, 'GET', one)).json as { data: object };
    await ask2(200, 'POST', one, data);
    await ask2(400, 'PATCH', one, { settings: { secret_key: null } });
    await ask2(200, 'PATCH', one, { settings: keys(list === own ? 'c' : 'd') });
    await ask2(200, 'PATCH', one, { enabled: false });
  }
  await ask2(200, 'DELETE', `${own}/${id}`);
}
