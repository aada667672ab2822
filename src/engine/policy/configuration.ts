import { z } from 'zod';
import { documentNames, modulesOf, type DocumentName, type PolicyModule } from './module-names.ts';

/** 32 lower-case hexadecimal digits. */
const reference = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits');

const multiFactor = z.strictObject({
  enabled: z.boolean().optional(),
  /** The provider to use, and the account that owns it; the configured account itself when absent. */
  configuration_id: reference.optional(),
  account_id: reference.optional(),
  include_subaccounts: z.boolean().optional(),
  /**
   * Whether a login may continue with the user's own factors if the required provider is missing, disabled or
   * unavailable.
   */
  when_unavailable: z.enum(['deny', 'allow']).optional(),
});

/** In seconds. */
const [fiveMinutes, thirtyDays] = [300, 2_592_000];

const documentWith = (shortestLife: number) =>
  z.partialRecord(
    z.enum(documentNames),
    z.strictObject({
      enabled: z.boolean().optional(),
      log_failed_attempts: z.boolean().optional(),
      log_successful_attempts: z.boolean().optional(),
      /** The lifetime of access tokens, in seconds. */
      token_auth_expiry_s: z.int().min(shortestLife).max(thirtyDays).optional(),
      multi_factor: multiFactor.optional(),
    }),
  );

/** A stored document. Earlier versions allowed shorter lifetimes. */
export const storedDocument = documentWith(1);

/** The security configuration of an account, by the names of modules that its administrator used. */
export const authModulesConfig = documentWith(fiveMinutes).superRefine((document, issues) => {
  const seen = new Set<PolicyModule>();
  for (const [name, modules] of namedModules(document)) {
    if (modules.some((module) => seen.has(module)))
      issues.addIssue({ code: 'custom', path: [name], message: 'names a module that another member names too' });
    for (const module of modules) seen.add(module);
    const { account_id, configuration_id } = document[name]?.multi_factor ?? {};
    if (account_id !== undefined && configuration_id === undefined)
      issues.addIssue({
        code: 'custom',
        path: [name, 'multi_factor', 'account_id'],
        message: 'names the owner of a provider, but `configuration_id` names no provider',
      });
  }
});

/** The rules of an account that are not of one module. */
export const accountRules = z.strictObject({
  /** Whether a code by e-mail raises a session to AAL2, against SP 800-63B-4 section 3.1.3.1. */
  email_is_aal2: z.boolean().optional(),
});

export type MultiFactor = z.infer<typeof multiFactor>;

export type AuthModulesConfig = z.infer<typeof storedDocument>;

export type ModuleConfig = NonNullable<AuthModulesConfig['default']>;

export type AccountRules = z.infer<typeof accountRules>;

/** An account that has a security configuration. */
export type AccountConfig = {
  readonly accountId: string;
  /** As it was written. */
  readonly document: AuthModulesConfig;
  /** The document by module. */
  readonly modules: ExpandedConfig;
  readonly rules: AccountRules;
  /** The revision of the configuration. */
  readonly revision: number;
};

export type ExpandedConfig = Partial<Readonly<Record<PolicyModule, ModuleConfig>>>;

/** Expands a document before it is merged with those of other accounts. */
export function accountConfig(
  accountId: string,
  document: AuthModulesConfig,
  { rules = {}, revision = 0 }: Partial<Pick<AccountConfig, 'rules' | 'revision'>> = {},
): AccountConfig {
  const modules = Object.fromEntries(
    namedModules(document).flatMap(([name, names]) => names.map((module) => [module, document[name]])),
  );
  return { accountId, document, modules, rules, revision };
}

/** Each name of a document with the modules that it stands for. */
export function namedModules(
  document: AuthModulesConfig,
): readonly (readonly [name: DocumentName, modules: readonly PolicyModule[]])[] {
  const names = documentNames.filter((name) => document[name] !== undefined);
  return names.map((name) => [name, modulesOf(name, names)]);
}
