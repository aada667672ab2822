import { z } from 'zod';
import { modulesWithoutProvider, namesIn, systemDefault } from '../../../engine/operations.ts';
import type { AuthModulesConfig, ModuleConfig } from '../../../engine/policy/configuration.ts';
import type { ProviderNames } from '../../../engine/policy/named-providers.ts';
import type { AccountSecurity } from '../../../engine/policy/read-security.ts';
import type { Account } from '../../../store/accounts.ts';
import type { Reply, UnparsedRequest } from '../../route.ts';
import { answered, envelope } from './envelope.ts';

const own = { auth_modules: z.looseObject({}), email_is_aal2: z.boolean().optional() };

const securityView = z.strictObject({
  id: z.literal('configs_crossbar.auth'),
  ...own,
  account: z.strictObject(own),
  inherited_config: z.strictObject({ auth_modules: z.looseObject({}), email_is_aal2: z.boolean() }),
  warnings: z.array(z.strictObject({ module: z.string(), message: z.string() })).optional(),
});

export const securityAnswer = {
  description: 'What the account sets, and what it inherits with the defaults of the system.',
  body: envelope(securityView),
};

const openModule = 'Logins through this module need no second factor. Name it too, or use `default`.';
const noProvider =
  'Nobody can log in through this module: the provider that it requires is missing or disabled. Enable one.';

/** Describes each named provider for readers. A client may send the description back; it is ignored. */
export async function viewSecurity(
  { own: document, rules, inherited, open, revision }: AccountSecurity,
  account: Account,
  request: UnparsedRequest,
): Promise<Reply> {
  const { ctx } = request;
  const system = await systemDefault(ctx.store);
  const described = async (config: AuthModulesConfig) => {
    const names = await namesIn(ctx, account, config);
    const views = Object.entries(config).map(([name, module]) => [name, withNames(module, { names, system })]);
    return Object.fromEntries(views) as Record<string, unknown>;
  };
  const warnings = [
    ...open.map((module) => ({ module, message: openModule })),
    ...(await modulesWithoutProvider(ctx.store, account.id)).map((module) => ({ module, message: noProvider })),
  ];
  const set = { auth_modules: await described(document), ...rules };
  const data = {
    id: 'configs_crossbar.auth',
    ...set,
    account: set,
    inherited_config: { auth_modules: await described(inherited.modules), ...inherited.rules },
    ...(warnings.length > 0 && { warnings }),
  };
  return answered(request, { data, revision });
}

type Naming = {
  readonly names: ReadonlyMap<string, ProviderNames>;
  readonly system: ProviderNames | undefined;
};

function withNames(config: ModuleConfig, { names, system }: Naming) {
  const { multi_factor: multiFactor } = config;
  if (!multiFactor) return config;
  const { configuration_id: id } = multiFactor;
  const found = id === undefined ? { name: 'Default System Provider', ...providerOf(system) } : names.get(id);
  if (!found) return config;
  const { name } = found;
  const readOnly = { ...(name !== null && { name }), ...providerOf(found) };
  return { ...config, multi_factor: { ...multiFactor, _read_only: readOnly } };
}

const providerOf = (found: Partial<ProviderNames> | undefined) =>
  found?.providerName === undefined ? {} : { provider_name: found.providerName };
