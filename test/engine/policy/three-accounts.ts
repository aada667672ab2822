/** Three accounts, each below the one before it, and what they say of one module. */
import fc from 'fast-check';
import {
  accountConfig,
  type AccountConfig,
  type AuthModulesConfig,
  type MultiFactor,
} from '../../../src/engine/policy/configuration.ts';
import { accountPolicy } from '../../../src/engine/policy/merge-policy.ts';

/** root → mid → leaf, and what each says of user_auth. */
export const [root, mid, leaf] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];
export const [duo, app] = ['d', 'e'].map((digit) => digit.repeat(32)) as [string, string];

export type Line = NonNullable<AuthModulesConfig['user_auth']> | undefined;

export const chainOf = (...lines: readonly Line[]): readonly AccountConfig[] =>
  [root, mid, leaf].flatMap((accountId, at) => {
    const said = lines[at];
    return said ? [accountConfig(accountId, { user_auth: said })] : [];
  });

export const atLeaf = (...lines: readonly Line[]) => accountPolicy('user_auth', leaf, chainOf(...lines));

export const requires = (more: MultiFactor = {}): Line => ({ multi_factor: { enabled: true, ...more } });
export const forAll = (more: MultiFactor = {}): Line => requires({ include_subaccounts: true, ...more });

export const anyLine: fc.Arbitrary<Line> = fc.option(
  fc.record(
    {
      enabled: fc.boolean(),
      log_failed_attempts: fc.boolean(),
      log_successful_attempts: fc.boolean(),
      token_auth_expiry_s: fc.integer({ min: 1, max: 10_000 }),
      multi_factor: fc.record(
        {
          enabled: fc.boolean(),
          include_subaccounts: fc.boolean(),
          configuration_id: fc.constantFrom(duo, app),
          when_unavailable: fc.constantFrom('deny' as const, 'allow' as const),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
