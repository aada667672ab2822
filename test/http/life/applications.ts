import { second } from '../../../src/base/clock.ts';
import { member } from '../../../kit/server.ts';
import { addService } from '../doors/challenges/service.ts';
import type { Life } from './begin.ts';

/** An application that checks its users' passwords itself. */
export async function applications({ server, ask, keep }: Life): Promise<void> {
  const { key } = await addService(server, 'root', 'shop');
  const by = { bearer: key };
  keep('apikey', 1, key);
  const dan = member(await ask(201, 'PUT', '/users/42', { ...by, json: { email: 'dan@example.org' } }), 'uid');
  await ask(200, 'PUT', '/users/42', { ...by, json: { firstName: 'Dan' } });
  await ask(400, 'POST', '/users/42/factors', { ...by, json: { type: 'fax' } });
  const begun = await ask(201, 'POST', '/users/42/factors', { ...by, json: { type: 'totp', issuer: 'Shop' } });
  const [id, seed] = [member(begun, 'id'), member(begun, 'secret')];
  keep('seed', 1, seed);
  const confirm = `/users/42/factors/${id}/confirm`;
  await ask(401, 'POST', confirm, { ...by, json: { code: server.wrongCode({ seed }) } });
  const confirmed = await ask(200, 'POST', confirm, { ...by, json: { code: server.code({ seed }) } });
  keep('recovery code', 1, ...(confirmed.json as { recovery_codes: string[] }).recovery_codes);
  await ask(200, 'GET', '/users/42/factors', by);
  const proof = async () => {
    server.clock.tick(30 * second);
    const asked = member(await ask(201, 'POST', '/challenges', { ...by, json: { user: { name: '42' } } }), 'id');
    const approved = await ask(200, 'POST', `/challenges/${asked}/verify`, {
      ...by,
      json: { code: server.code({ seed }) },
    });
    await ask(200, 'POST', `/challenges/${asked}/redeem`, {
      ...by,
      json: { assertion: member(approved, 'assertion') },
    });
    return asked;
  };
  const again = await ask(200, 'POST', '/users/42/recovery-codes', {
    ...by,
    json: { challenge_id: await proof() },
  });
  keep('recovery code', 1, ...(again.json as { codes: string[] }).codes);
  await ask(401, 'DELETE', `/users/42/factors/${id}`, by);
  await ask(204, 'DELETE', `/users/42/factors/${id}?challenge_id=${await proof()}`, by);
  await ask(204, 'DELETE', `/users/${dan}`, by);
}

/** An application that logs people in. */
export async function clients({ server, ask, keep }: Life, password: string): Promise<void> {
  const by = { bearer: server.admin.token };
  const json = { name: 'an application', grant_types: ['password', 'refresh_token'] };
  const made = await ask(201, 'POST', '/oauth2/clients', { ...by, json });
  const [id, secret] = [member(made, 'client_id'), member(made, 'client_secret')];
  keep('client_secret', 1, secret);
  await ask(200, 'GET', '/oauth2/clients', by);
  await ask(200, 'GET', `/oauth2/clients/${id}`, by);
  await ask(200, 'PATCH', `/oauth2/clients/${id}`, { ...by, json: { name: 'the application' } });
  const client = { client_id: id, client_secret: secret };
  const who = { grant_type: 'password', username: 'admin', password: server.admin.password };
  await ask(400, 'PUT', '/mfa/oauth2/token', { json: { ...client, ...who, password } });
  await ask(401, 'POST', '/mfa/oauth2/token', { json: { ...client, ...who, client_secret: password } });
  await ask(200, 'PUT', '/mfa/oauth2/token', { json: { ...client, ...who } });
  const granted = await ask(200, 'POST', '/mfa/oauth2/token', { json: { ...client, ...who } });
  const token = member(granted, 'access_token');
  await ask(200, 'POST', '/oauth2/introspect', { json: { ...client, token } });
  await ask(200, 'POST', '/oauth2/revoke', { json: { ...client, token } });
  await ask(204, 'DELETE', `/oauth2/clients/${id}`, by);
}
