import { z } from 'zod';
import { authModules } from './auth-modules.ts';

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

const thirtyDays = 2_592_000;

const moduleConfig = z.strictObject({
  enabled: z.boolean().optional(),
  log_failed_attempts: z.boolean().optional(),
  log_successful_attempts: z.boolean().optional(),
  /** The lifetime of access tokens, in seconds. */
  token_auth_expiry_s: z.int().min(1).max(thirtyDays).optional(),
  multi_factor: multiFactor.optional(),
});

/** The security configuration of an account, by auth module. */
export const authModulesConfig = z.partialRecord(z.enum(authModules), moduleConfig);

export type MultiFactor = z.infer<typeof multiFactor>;

export type ModuleConfig = z.infer<typeof moduleConfig>;

export type AuthModulesConfig = z.infer<typeof authModulesConfig>;

/** An account that has a security configuration. */
export type AccountConfig = {
  readonly accountId: string;
  readonly authModules: AuthModulesConfig;
  /** The revision of the configuration. */
  readonly revision?: number;
};
