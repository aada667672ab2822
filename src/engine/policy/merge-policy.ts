import { hour, second } from '../../base/clock.ts';
import { authModules, type AuthModule } from './auth-modules.ts';
import type { MultiFactor, ModuleConfig, AuthModulesConfig, AccountConfig } from './configuration.ts';

/** The requirement of a second factor. */
export type Rule = {
  /** The account that requires it. */
  readonly by: string;
  readonly provider: { readonly accountId: string; readonly id: string } | 'system default';
  readonly whenUnavailable: 'deny' | 'allow';
};

export type AccountPolicy = {
  /** Whether logins through the module are allowed. */
  readonly enabled: boolean;
  /** The account whose configuration determined this, or `system` if there is none. */
  readonly origin: string;
  readonly required: Rule | undefined;
  /** The lifetime of access tokens, and of sessions that cannot be refreshed, in milliseconds. */
  readonly tokenLife: number;
  readonly logs: Logs;
};

/** Which login events are logged, by outcome. */
export type Logs = { readonly failed: boolean; readonly success: boolean };

/** The lifetime of an access token if no account configures one, in milliseconds. */
export const accessTokenLife = hour;

/**
 * Merges the configurations `chain`, from the root down to an account, into its policy for a module. The highest requirement
 * with `include_subaccounts` applies; its provider may be skipped only if all requirements allow it. The shortest token
 * lifetime applies, and the highest account's choice of what to log.
 */
export function accountPolicy(
  authModule: AuthModule,
  accountId: string,
  chain: readonly AccountConfig[],
): AccountPolicy {
  const configs = chain.flatMap(({ accountId: by, authModules: all }) => {
    const config = all[authModule];
    return config ? [{ by, config }] : [];
  });
  const nearest = configs.findLast(({ config }) => config.enabled !== undefined);
  const applicable = configs.flatMap(({ by, config: { multi_factor: multiFactor } }) =>
    multiFactor && (by === accountId || multiFactor.include_subaccounts === true) ? [{ by, multiFactor }] : [],
  );
  const rules = applicable.flatMap(({ by, multiFactor }, at) =>
    multiFactor.enabled === true ? [ruleOf(by, applicable.slice(0, at + 1))] : [],
  );
  const [highest] = rules;
  const required = highest && {
    ...highest,
    whenUnavailable: rules.every(({ whenUnavailable }) => whenUnavailable === 'allow')
      ? ('allow' as const)
      : ('deny' as const),
  };
  const terms = configs.map(({ config }) => config).reduce(mergeTerms, {});
  return {
    enabled: nearest?.config.enabled ?? true,
    origin: required?.by ?? configs.at(-1)?.by ?? 'system',
    required,
    tokenLife: terms.token_auth_expiry_s === undefined ? accessTokenLife : terms.token_auth_expiry_s * second,
    logs: { failed: terms.log_failed_attempts ?? true, success: terms.log_successful_attempts ?? true },
  };
}

type Terms = Pick<ModuleConfig, 'log_failed_attempts' | 'log_successful_attempts' | 'token_auth_expiry_s'>;

/** Merges an account's own terms with those that it inherits. */
function mergeTerms(above: Terms, own: Terms): Terms {
  const failed = above.log_failed_attempts ?? own.log_failed_attempts;
  const successful = above.log_successful_attempts ?? own.log_successful_attempts;
  const lives = [above, own].flatMap(({ token_auth_expiry_s: life }) => life ?? []);
  return {
    ...(failed !== undefined && { log_failed_attempts: failed }),
    ...(successful !== undefined && { log_successful_attempts: successful }),
    ...(lives.length > 0 && { token_auth_expiry_s: Math.min(...lives) }),
  };
}

type ApplicableConfig = { readonly by: string; readonly multiFactor: MultiFactor };

/** The rule of the last of these accounts. If it names no provider, the nearest ancestor's applies. */
function ruleOf(by: string, upToIt: readonly ApplicableConfig[]): Rule {
  const named = upToIt.findLast(({ multiFactor }) => multiFactor.configuration_id !== undefined);
  const provider = named?.multiFactor.configuration_id && {
    accountId: named.multiFactor.account_id ?? named.by,
    id: named.multiFactor.configuration_id,
  };
  const whenUnavailable = upToIt.findLast(({ multiFactor }) => multiFactor.when_unavailable !== undefined)?.multiFactor
    .when_unavailable;
  return { by, provider: provider || 'system default', whenUnavailable: whenUnavailable ?? 'deny' };
}

/** The configuration that an account inherits. Of `multi_factor` it inherits only what has `include_subaccounts`. */
export function inheritedConfig(above: readonly AccountConfig[]): AuthModulesConfig {
  const merged: AuthModulesConfig = {};
  for (const { accountId, authModules: configs } of above) {
    for (const name of authModules) {
      const config = configs[name];
      if (!config) continue;
      const { enabled = merged[name]?.enabled, multi_factor: own } = config;
      // A descendant needs the id of the account that owns the provider.
      const owner = own?.configuration_id !== undefined && { account_id: own.account_id ?? accountId };
      const before = merged[name]?.multi_factor;
      const factor = own?.include_subaccounts === true ? { ...before, ...own, ...owner } : before;
      const terms = mergeTerms(merged[name] ?? {}, config);
      merged[name] = { ...(enabled !== undefined && { enabled }), ...terms, ...(factor && { multi_factor: factor }) };
    }
  }
  return merged;
}
