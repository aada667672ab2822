import { z } from 'zod';
import { authModules } from './auth-modules.ts';

/** 32 lower-case hexadecimal digits. */
const reference = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits');

const multiFactor = z.strictObject({
  enabled: z.boolean().optional(),
  /** The provider to use, and the account whose it is: the configured account itself when absent. */
  configuration_id: reference.optional(),
  account_id: reference.optional(),
  include_subaccounts: z.boolean().optional(),
  /** Whether a login goes on with what its user has where the required provider is missing, disabled or out of order. */
  when_unavailable: z.enum(['deny', 'allow']).optional(),
});

const thirtyDays = 2_592_000;

const moduleConfig = z.strictObject({
  enabled: z.boolean().optional(),
  log_failed_attempts: z.boolean().optional(),
  log_successful_attempts: z.boolean().optional(),
  /** How long what a login gets is good for. */
  token_auth_expiry_s: z.int().min(1).max(thirtyDays).optional(),
  multi_factor: multiFactor.optional(),
});

/** What an account says about its auth modules (contract section 4). */
export const authModulesConfig = z.partialRecord(z.enum(authModules), moduleConfig);

export type MultiFactor = z.infer<typeof multiFactor>;

export type ModuleConfig = z.infer<typeof moduleConfig>;

export type AuthModulesConfig = z.infer<typeof authModulesConfig>;

/** An account that says something. */
export type AccountConfig = {
  readonly accountId: string;
  readonly authModules: AuthModulesConfig;
  /** Of what it says. */
  readonly revision?: number;
};
