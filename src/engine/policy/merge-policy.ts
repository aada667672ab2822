import { hour, second } from '../../base/clock.ts';
import type { MultiFactor, ModuleConfig, AccountConfig, AccountRules } from './configuration.ts';
import type { PolicyModule } from './module-names.ts';

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
  /** Whether a code by e-mail raises a session to AAL2. */
  readonly emailIsAal2: boolean;
};

/** Which login events are logged, by outcome. */
export type Logs = { readonly failed: boolean; readonly success: boolean };

/** The lifetime of an access token if no account configures one, in milliseconds. */
export const accessTokenLife = hour;

/**
 * Merges the configurations `chain`, from the root down to an account, into its policy for a module. No account loosens
 * what one above it says: a module that one closes is closed, the highest requirement with `include_subaccounts`
 * applies, and its provider may be skipped only if all requirements allow it. The shortest token lifetime applies, and
 * the highest account's choice of what to log.
 */
export function accountPolicy(module: PolicyModule, accountId: string, chain: readonly AccountConfig[]): AccountPolicy {
  const configs = configsOf(module, chain);
  const required = requirementOf(applicableTo(accountId, configs));
  const terms = termsOf(configs);
  return {
    enabled: isOpen(configs),
    origin: required?.by ?? configs.at(-1)?.by ?? 'system',
    required,
    tokenLife: terms.token_auth_expiry_s === undefined ? accessTokenLife : terms.token_auth_expiry_s * second,
    logs: { failed: terms.log_failed_attempts ?? true, success: terms.log_successful_attempts ?? true },
    emailIsAal2: mergeRules(chain).email_is_aal2 ?? false,
  };
}

/** The rules of the last account of a chain: a value that an account sets can only be tightened below it. */
export function mergeRules(chain: readonly AccountConfig[]): AccountRules {
  const set = chain.flatMap(({ rules }) => rules.email_is_aal2 ?? []);
  return set.length === 0 ? {} : { email_is_aal2: !set.includes(false) };
}

export type ConfigBy = { readonly by: string; readonly config: ModuleConfig };

/** The settings of the accounts of a chain for a module. */
export function configsOf(module: PolicyModule, chain: readonly AccountConfig[]): readonly ConfigBy[] {
  return chain.flatMap(({ accountId: by, modules }) => {
    const config = modules[module];
    return config ? [{ by, config }] : [];
  });
}

export const isOpen = (configs: readonly ConfigBy[]) => configs.every(({ config }) => config.enabled !== false);

type Terms = Pick<ModuleConfig, 'log_failed_attempts' | 'log_successful_attempts' | 'token_auth_expiry_s'>;

export const termsOf = (configs: readonly ConfigBy[]): Terms =>
  configs.map(({ config }) => config).reduce(mergeTerms, {});

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

export type ApplicableConfig = { readonly by: string; readonly multiFactor: MultiFactor };

/** The settings that apply to an account: its own, and those of accounts above that include sub-accounts. */
export function applicableTo(accountId: string | undefined, configs: readonly ConfigBy[]): readonly ApplicableConfig[] {
  return configs.flatMap(({ by, config: { multi_factor: multiFactor } }) =>
    multiFactor && (by === accountId || multiFactor.include_subaccounts === true) ? [{ by, multiFactor }] : [],
  );
}

export function requirementOf(applicable: readonly ApplicableConfig[]): Rule | undefined {
  const rules = applicable.flatMap(({ by, multiFactor }, at) =>
    multiFactor.enabled === true ? [ruleOf(by, applicable.slice(0, at + 1))] : [],
  );
  const [highest] = rules;
  if (!highest) return undefined;
  const isSkippable = rules.every(({ whenUnavailable }) => whenUnavailable === 'allow');
  return { ...highest, whenUnavailable: isSkippable ? 'allow' : 'deny' };
}

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
