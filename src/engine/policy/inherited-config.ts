import { second } from '../../base/clock.ts';
import { authModules, type AuthModule } from './auth-modules.ts';
import type { AccountConfig, AccountRules, ModuleConfig, MultiFactor } from './configuration.ts';
import {
  accessTokenLife,
  applicableTo,
  configsOf,
  isOpen,
  mergeRules,
  requirementOf,
  termsOf,
  type ApplicableConfig,
} from './merge-policy.ts';

export type InheritedConfig = {
  readonly modules: Readonly<Record<AuthModule, ModuleConfig>>;
  readonly rules: Required<AccountRules>;
};

/**
 * The configuration that an account inherits from those above it, with the system's defaults. Of `multi_factor` it
 * inherits only what has `include_subaccounts`.
 */
export function inheritedConfig(above: readonly AccountConfig[]): InheritedConfig {
  const modules = Object.fromEntries(authModules.map((name) => [name, inheritedModule(name, above)]));
  const rules = { email_is_aal2: mergeRules(above).email_is_aal2 ?? false };
  return { modules: modules as Record<AuthModule, ModuleConfig>, rules };
}

function inheritedModule(name: AuthModule, above: readonly AccountConfig[]): ModuleConfig {
  const configs = configsOf(name, above);
  const defaults = {
    log_failed_attempts: true,
    log_successful_attempts: true,
    token_auth_expiry_s: accessTokenLife / second,
  };
  const multiFactor = inheritedFactor(applicableTo(undefined, configs));
  return { enabled: isOpen(configs), ...defaults, ...termsOf(configs), multi_factor: multiFactor };
}

function inheritedFactor(applicable: readonly ApplicableConfig[]): MultiFactor {
  const merged = applicable.reduce<MultiFactor>((before, { by, multiFactor }) => {
    // A descendant needs the id of the account that owns the provider.
    const owner = multiFactor.configuration_id !== undefined && { account_id: multiFactor.account_id ?? by };
    return { ...before, ...multiFactor, ...owner };
  }, {});
  const required = requirementOf(applicable);
  if (!required) return { enabled: false, ...merged };
  const { provider, whenUnavailable } = required;
  const named = provider !== 'system default' && { configuration_id: provider.id, account_id: provider.accountId };
  return { enabled: true, include_subaccounts: true, ...named, when_unavailable: whenUnavailable };
}
