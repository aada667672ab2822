/** A server in which an account requires Duo of `user_auth` for itself and its sub-accounts, and a Duo. */
import type { TestDatabase } from '../../../../kit/databases.ts';
import { duoClient, duoSecret, openDuo, type DuoServer } from '../../../../kit/stand-ins/duo.ts';
import { startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { dataOf, door, listOf, tenant, type Data } from './door.ts';
import { approve } from '../../../factors/duo-help.ts';

export const ownKey = 'o'.repeat(40);

export type Protocol = 'Web SDK' | 'Universal Prompt';

export type Tenant = Awaited<ReturnType<typeof tenant>>;

export type DuoFixture = AsyncDisposable & {
  readonly server: Server;
  readonly duo: DuoServer;
  readonly acme: Tenant;
  /** The account's provider. */
  readonly provider: string;
  /** The user's password, and what more is given. */
  logIn(more?: object, who?: Tenant): Promise<Answer>;
  /** What the user is asked: the settings of the request for a second factor. */
  asked(who?: Tenant): Promise<Record<string, string>>;
  /** The newest attempt with a second factor, in detail. */
  newest(): Promise<Data>;
};

export type Wishes = {
  readonly on?: TestDatabase;
  /** The URL of a database that the test has opened itself. */
  readonly database?: string;
  readonly allow?: true;
  readonly ca?: string;
  /** Runs before Duo is required, while the administrator's session needs no proof of it. */
  readonly before?: (server: Server, acme: Tenant) => Promise<void>;
};

export async function duoFixture(protocol: Protocol, wishes: Wishes = {}): Promise<DuoFixture> {
  const { on, database, allow, ca } = wishes;
  const duo = await openDuo(() => server.clock.now());
  const way = { hosts: [duo.host], ca: ca ?? duo.ca, deadline: 10_000 };
  const server: Server = await startServer({
    ...(on && { on }),
    ...(database !== undefined && { database }),
    duo: way,
  });
  const acme = await tenant(server, 'root', 'acme');
  await wishes.before?.(server, acme);
  const ask = door(server);
  const made = await ask(201, 'PUT', `accounts/${acme.id}/multi_factor`, providerAt(duo, protocol));
  const provider = String(dataOf(made)['id']);
  const multi_factor = {
    enabled: true,
    configuration_id: provider,
    include_subaccounts: true,
    ...(allow && { when_unavailable: 'allow' }),
  };
  const names = ['user_auth', 'authtoken', 'oauth2', 'password', 'device'];
  const auth_modules = Object.fromEntries(names.map((name) => [name, { multi_factor }]));
  await ask(200, 'POST', `accounts/${acme.id}/security`, { auth_modules });
  const logIn = (more: object = {}, { username, password, id }: Tenant = acme) =>
    server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id: id, ...more } } });
  return {
    server,
    duo,
    acme,
    provider,
    logIn,
    async asked(who) {
      const request = dataOf(await logIn({}, who))['multi_factor_request'] as { settings: Record<string, string> };
      return request.settings;
    },
    async newest() {
      const path = `accounts/${acme.id}/multi_factor/attempts`;
      const [attempt] = listOf(await ask(200, 'GET', path));
      return dataOf(await ask(200, 'GET', `${path}/${String(attempt?.['id'])}`));
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await duo[Symbol.asyncDispose]();
    },
  };
}

export function providerAt({ host }: DuoServer, protocol: Protocol) {
  const settings = {
    integration_key: duoClient,
    secret_key: duoSecret,
    api_hostname: host,
    ...(protocol === 'Web SDK' && { application_secret_key: ownKey }),
  };
  return { provider_name: 'duo', provider_type: 'multi_factor', enabled: true, settings };
}

export const protocols = ['Web SDK', 'Universal Prompt'] as const;

/** What a person brings back who was asked this and said yes. */
export async function yes({ duo }: DuoFixture, asked: Record<string, string>): Promise<unknown> {
  const { duo_auth_url: url, duo_sig_request: request } = asked;
  return url === undefined ? approve(request) : duo.visit(url);
}

export async function tenantBelow({ server, acme }: DuoFixture): Promise<Tenant> {
  const id = String(dataOf(await door(server)(201, 'PUT', `accounts/${acme.id}`, { name: 'east' }))['id']);
  const [username, password] = ['boss of east', 'the secret of east'];
  const made = await door(server)(201, 'PUT', `accounts/${id}/users`, { username, password, roles: ['admin'] });
  return { id, username, password, uid: String(dataOf(made)['id']), token: '' };
}
