import type { Server } from '../../../../kit/server.ts';
import { dataOf, door, tenant } from './door.ts';

/** Duo's settings as seed 001 has them. */
export const keys = { secret_key: 's'.repeat(40), application_secret_key: 'a'.repeat(40) };

export const settings = {
  integration_key: 'DIXXXXXXXXXXXXXXXXXX',
  ...keys,
  api_hostname: 'api-00000000.duosecurity.com',
  duo_expire: 300,
  app_expire: 3600,
};

export const duo = { provider_name: 'duo', provider_type: 'multi_factor', enabled: true, settings };

export const stars = '********';
export const masked = { ...settings, secret_key: stars, application_secret_key: stars };

/** An account with a Duo of its own. */
export async function withDuo(server: Server) {
  const acme = await tenant(server, 'root', 'acme');
  const list = `accounts/${acme.id}/multi_factor`;
  const ask = door(server, acme.token);
  const { id } = dataOf(await ask(201, 'PUT', list, duo)) as { id: string };
  return { acme, ask, list, id, one: `${list}/${id}` };
}
