import { z } from 'zod';
import { isMembers, mergePatch, type Members } from '../../../base/merge-patch.ts';
import { wrongMembers, type WrongMember } from '../../../base/wrong-members.ts';
import {
  accountRules,
  authModulesConfig,
  type AccountRules,
  type AuthModulesConfig,
} from '../../../engine/policy/configuration.ts';
import type { ConfigRefusal } from '../../../engine/policy/may-configure.ts';
import { invalid } from '../../server/parse.ts';
import { declined, formatProblem } from './envelope.ts';
import { accountPath } from './shapes.ts';
import type { FieldError, Problem, Reply, UnparsedRequest } from '../../route.ts';

/** Shared by the routes of an account's security. */
export const securityPath = '/v2/accounts/{id}/security';

export const common = {
  access: 'session',
  scope: 'manage',
  tag: 'Security',
  formatProblem,
  params: accountPath,
} as const;

/** Rules that later versions enforce. To accept one would promise what is not done. */
const unenforced = [
  'phishing_resistant',
  'password_min_length',
  'recovery_delay',
  'trusted_browsers',
  'approvals',
  'registration',
] as const;

/** Members of an answer, which a client may send back. */
const readOnly = ['id', 'account', 'inherited_config', 'warnings'] as const;

const ignored = z.unknown().optional();

/** A record of zod's drops `__proto__`, which names no module. */
const modules = z
  .custom<Members>(
    (given) => isMembers(given) && !Object.hasOwn(given, '__proto__'),
    'must be an object of auth modules',
  )
  .meta({ type: 'object', additionalProperties: {} });

/** The configuration is checked as a whole, after its read-only members are removed. */
export const securityBody = z.strictObject({
  auth_modules: modules,
  email_is_aal2: ignored,
  ...members(unenforced),
  ...members(readOnly),
});

/** A patch names only what it changes. */
export const securityPatch = securityBody.partial({ auth_modules: true });

function members<Name extends string>(names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, ignored])) as Record<Name, typeof ignored>;
}

export type SecurityBody = z.infer<typeof securityPatch>;

/** The configuration that an account has set. */
export type OwnSecurity = { readonly config: AuthModulesConfig; readonly rules: AccountRules };

type ReadSecurity =
  | { readonly ok: true; readonly value: OwnSecurity }
  | { readonly ok: false; readonly problem: Problem };

/** A whole configuration from a body, or its wrong members by their names there. `before`: what a patch is applied to. */
export function readSecurityBody(body: SecurityBody, before?: OwnSecurity): ReadSecurity {
  const asked = unenforced.filter((name) => body[name] !== undefined);
  if (asked.length > 0) return { ok: false, problem: notSupported(asked) };
  const { auth_modules = {}, email_is_aal2 } = body;
  const given = { auth_modules: withoutNames(auth_modules), ...(email_is_aal2 !== undefined && { email_is_aal2 }) };
  const whole = before ? mergePatch({ auth_modules: before.config, ...before.rules }, given) : given;
  const read = wholeBody.safeParse(whole);
  if (!read.success) return { ok: false, problem: invalid(wrongMembers(read.error, whole).map(inBody)) };
  const { auth_modules: config, ...rules } = read.data;
  return { ok: true, value: { config, rules } };
}

const wholeBody = accountRules.extend({ auth_modules: authModulesConfig });

const inBody = (member: WrongMember) => ({ ...member, path: ['data', ...member.path] });

/** Removes the descriptions of providers, which are read-only. */
function withoutNames(said: unknown): unknown {
  return JSON.parse(JSON.stringify(said, (key, value: unknown) => (key === '_read_only' ? undefined : value)));
}

const notSupported = (names: readonly string[]): Problem => ({
  status: 400,
  code: 'not_supported',
  detail: 'This version does not enforce the rule. Leave it out.',
  errors: names.map((name) => memberError([name], 'is not enforced by this version')),
});

const memberError = (path: readonly string[], detail: string): FieldError => ({
  pointer: ['', 'data', ...path].join('/'),
  detail,
  missing: false,
});

/** A configuration that the engine refuses. */
export function declinedConfig({ weaker, ...refusal }: ConfigRefusal, request: UnparsedRequest): Reply {
  const detail = 'is weaker than what an account above requires';
  const errors = weaker && { weaker_than_inherited: { errors: [memberError(weaker, detail)] } };
  return declined(refusal, request, errors);
}
