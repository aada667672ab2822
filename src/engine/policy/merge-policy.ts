import { hour, second } from '../../base/clock.ts';
import { authModules, type AuthModule } from './auth-modules.ts';
import type { MultiFactor, ModuleConfig, AuthModulesConfig, AccountConfig } from './configuration.ts';

/** A second factor that is required, by whom, and the provider that was named. */
export type Rule = {
  /** The account that requires it. */
  readonly by: string;
  readonly provider: { readonly accountId: string; readonly id: string } | 'system default';
  readonly whenUnavailable: 'deny' | 'allow';
};

export type AccountPolicy = {
  /** Whether one may log in through the module at all. */
  readonly enabled: boolean;
  /** Who said so, or `system` where nobody did. */
  readonly origin: string;
  readonly required: Rule | undefined;
  /** How long access tokens live, and sessions that are not refreshed, in milliseconds. */
  readonly tokenLife: number;
  readonly logs: Logs;
};

/** Which attempts are written down, by how they end. */
export type Logs = { readonly failed: boolean; readonly success: boolean };

/** How long an access token lives where nobody says it. */
export const accessTokenLife = hour;

/**
 * What the accounts from the root down to one say about logging in there through a module. `chain` is in that order, and the account itself
 * stands in it when it says something. What an ancestor requires with `include_subaccounts` no descendant loosens: the highest that requires
 * governs, and a login goes on without its provider only if every account that requires one would let it. The shortest life holds, and of
 * what is written down the highest word: what an ancestor wants to know nobody below it hides.
 */
export function accountPolicy(
  authModule: AuthModule,
  accountId: string,
  chain: readonly AccountConfig[],
): AccountPolicy {
  const sayings = chain.flatMap(({ accountId: by, authModules: all }) => {
    const config = all[authModule];
    return config ? [{ by, config }] : [];
  });
  const spoken = sayings.findLast(({ config }) => config.enabled !== undefined);
  const applying = sayings.flatMap(({ by, config: { multi_factor: said } }) =>
    said && (by === accountId || said.include_subaccounts === true) ? [{ by, said }] : [],
  );
  const rules = applying.flatMap(({ by, said }, at) =>
    said.enabled === true ? [ruleOf(by, applying.slice(0, at + 1))] : [],
  );
  const [governing] = rules;
  const required = governing && {
    ...governing,
    whenUnavailable: rules.every(({ whenUnavailable }) => whenUnavailable === 'allow')
      ? ('allow' as const)
      : ('deny' as const),
  };
  const terms = sayings.map(({ config }) => config).reduce(mergeTerms, {});
  return {
    enabled: spoken?.config.enabled ?? true,
    origin: required?.by ?? sayings.at(-1)?.by ?? 'system',
    required,
    tokenLife: terms.token_auth_expiry_s === undefined ? accessTokenLife : terms.token_auth_expiry_s * second,
    logs: { failed: terms.log_failed_attempts ?? true, success: terms.log_successful_attempts ?? true },
  };
}

type Terms = Pick<ModuleConfig, 'log_failed_attempts' | 'log_successful_attempts' | 'token_auth_expiry_s'>;

/** What one account says below what was said above it. */
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

type Applying = { readonly by: string; readonly said: MultiFactor };

/** A rule that names no provider takes the nearest one that stands above it. */
function ruleOf(by: string, upToIt: readonly Applying[]): Rule {
  const named = upToIt.findLast(({ said }) => said.configuration_id !== undefined);
  const provider = named?.said.configuration_id && {
    accountId: named.said.account_id ?? named.by,
    id: named.said.configuration_id,
  };
  const last = upToIt.findLast(({ said }) => said.when_unavailable !== undefined);
  return { by, provider: provider || 'system default', whenUnavailable: last?.said.when_unavailable ?? 'deny' };
}

/**
 * What an account inherits: of each module whether the nearest above it opened it, on what terms, and of second factors only what is meant for
 * it too.
 */
export function inheritedConfig(above: readonly AccountConfig[]): AuthModulesConfig {
  const merged: AuthModulesConfig = {};
  for (const { accountId, authModules: said } of above) {
    for (const name of authModules) {
      const config = said[name];
      if (!config) continue;
      const { enabled = merged[name]?.enabled, multi_factor: own } = config;
      // Further down the provider is somebody else's, so it is said whose.
      const owner = own?.configuration_id !== undefined && { account_id: own.account_id ?? accountId };
      const before = merged[name]?.multi_factor;
      const factor = own?.include_subaccounts === true ? { ...before, ...own, ...owner } : before;
      const terms = mergeTerms(merged[name] ?? {}, config);
      merged[name] = { ...(enabled !== undefined && { enabled }), ...terms, ...(factor && { multi_factor: factor }) };
    }
  }
  return merged;
}
