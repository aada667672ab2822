import { z } from 'zod';
import { wrongMembers, type WrongMember } from '../../../base/wrong-members.ts';
import { authModulesConfig, type AuthModulesConfig } from '../../../engine/policy/configuration.ts';
import { invalid } from '../../server/parse.ts';
import { formatProblem } from './envelope.ts';
import { accountPath } from './shapes.ts';
import type { Problem } from '../../route.ts';

/** Shared by the routes of an account's security. */
export const securityPath = '/v2/accounts/{id}/security';

export const managed = { access: 'session', tag: 'Security', formatProblem, params: accountPath } as const;

/** The configuration is checked as a whole, after its read-only members are removed. */
export const securityBody = z.strictObject({ auth_modules: z.record(z.string(), z.unknown()) });

type ReadConfig =
  | { readonly ok: true; readonly value: AuthModulesConfig }
  | { readonly ok: false; readonly problem: Problem };

/** A whole configuration, or its wrong members by their names in the body. */
export function readConfig(whole: unknown): ReadConfig {
  const read = authModulesConfig.safeParse(whole);
  if (read.success) return { ok: true, value: read.data };
  return { ok: false, problem: invalid(wrongMembers(read.error, whole).map(inBody)) };
}

const inBody = (member: WrongMember) => ({ ...member, path: ['data', 'auth_modules', ...member.path] });

/** Removes the descriptions of providers, which are read-only. */
export function withoutNames(said: unknown): unknown {
  return JSON.parse(JSON.stringify(said, (key, value: unknown) => (key === '_read_only' ? undefined : value)));
}
