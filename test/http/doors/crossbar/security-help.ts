/** What the tests of security share: a configuration, a provider, a login and its attempt. */
import { authModules } from '../../../../src/engine/policy/auth-modules.ts';
import { insertProvider } from '../../../../src/store/providers.ts';
import type { Server } from '../../../../kit/server.ts';
import type { tenant } from './door.ts';

export type Tenant = Awaited<ReturnType<typeof tenant>>;

export const requiring = (more: object = {}) => ({ enabled: true, ...more });
export const modules = (multi_factor: object, ...names: readonly string[]) => ({
  auth_modules: Object.fromEntries(names.map((name) => [name, { multi_factor }])),
});

/** How a second factor is shown for which no provider is named, where the system has none. */
export const systemDefault = { _read_only: { name: 'Default System Provider' } };

const systemTerms = {
  enabled: true,
  log_failed_attempts: true,
  log_successful_attempts: true,
  token_auth_expiry_s: 3600,
  multi_factor: { enabled: false, ...systemDefault },
};

/** The configuration that an account inherits: the defaults of the system, with the given modules replaced. */
export const inheriting = (more: Readonly<Record<string, object>> = {}) => ({
  auth_modules: Object.fromEntries([...authModules].map((name) => [name, { ...systemTerms, ...more[name] }])),
  email_is_aal2: false,
});

/** A provider with an id that the test knows. */
export async function provider(server: Server, id: string, kind: string, account: string | null, enabled = true) {
  const { store, clock } = server.countersign.context;
  const made = { id, accountId: account, providerName: kind, name: null, enabled, settings: {} };
  await insertProvider(store, made, clock.now());
  return id;
}

export const [one, other] = ['1', '2'].map((digit) => digit.repeat(32)) as [string, string];

export const login = (server: Server, { username, password, id }: Tenant, more: object = {}) =>
  server.call('PUT', '/v2/user_auth', { json: { data: { username, password, account_id: id, ...more } } });
