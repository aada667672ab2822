import { z } from 'zod';
import { explain, findNamed, reachAccount, readSecurity, writeSecurityOf } from '../../../engine/operations.ts';
import { authModules } from '../../../engine/policy/auth-modules.ts';
import { moduleNames } from '../../../engine/policy/module-names.ts';
import { reference } from '../shared/reference.ts';
import { route, type Route } from '../../route.ts';
import { unchanged } from './accounts.ts';
import { answered, declined, envelope, inData, formatProblem } from './envelope.ts';
import {
  declinedConfig,
  common,
  readSecurityBody,
  securityBody,
  securityPatch,
  securityPath,
  type SecurityBody,
} from './security-shapes.ts';
import { securityAnswer, viewSecurity } from './security-view.ts';

/** POST replaces the whole configuration, PATCH changes given members, DELETE removes all of it. */
const changing = (method: 'post' | 'patch' | 'delete', summary: string): Route =>
  route({
    ...common,
    method,
    administers: 'always',
    path: securityPath,
    summary,
    ...(method !== 'delete' && { body: inData(method === 'patch' ? securityPatch : securityBody) }),
    responses: { 200: securityAnswer },
    async handle(request) {
      const { ctx, caller, params, headers } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const present = unchanged({ ok: true, value: await readSecurity(ctx, account.value) }, headers);
      if (!present.ok) return declined(present, request);
      const { own: config, rules, revision } = present.value;
      const body = request.body as { data: SecurityBody } | undefined;
      const read = readSecurityBody(body?.data ?? {}, method === 'patch' ? { config, rules } : undefined);
      if (!read.ok) return formatProblem(read.problem, request);
      const changed = await writeSecurityOf(ctx, caller, { account: account.value, ...read.value, revision });
      return changed.ok ? viewSecurity(changed.value, account.value, request) : declinedConfig(changed, request);
    },
  });

const explained = z.strictObject({
  asks: z.enum(['nothing', 'any', 'provider', 'enrollment', 'refused']),
  factors: z.array(z.string()),
  reason: z.string().optional(),
  required_by: z.string().optional(),
  auth_config_origin: z.string(),
  mfa_config_origin: z.string(),
});

export const securityRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v2/security',
    access: 'session',
    scope: 'manage',
    tag: common.tag,
    formatProblem,
    summary: 'List the auth modules that a policy can set',
    responses: {
      200: {
        description: 'The auth modules.',
        body: envelope(z.strictObject({ available_auth_modules: z.array(z.string()) })),
      },
    },
    handle: async (request) => answered(request, { data: { available_auth_modules: moduleNames } }),
  }),
  route({
    ...common,
    method: 'get',
    path: securityPath,
    summary: 'Read the login policy of an account',
    responses: { 200: securityAnswer },
    async handle(request) {
      const account = await reachAccount(request.ctx, request.caller, request.params.id);
      if (!account.ok) return declined(account, request);
      return viewSecurity(await readSecurity(request.ctx, account.value), account.value, request);
    },
  }),
  changing('post', 'Replace the login policy of an account'),
  changing('patch', 'Change the login policy of an account'),
  changing('delete', 'Remove the login policy of an account'),
  route({
    ...common,
    method: 'get',
    path: `${securityPath}/explain`,
    summary: 'Explain which factors a user would be asked for',
    description:
      'The step after the first factor: `nothing`, `any` (one of the factors of the user), `provider` (the required one), `enrollment` or `refused`. `user` is a name, an id or an address; the caller when absent.',
    query: z.object({ user: reference(254).optional(), auth_module: z.enum(authModules).default('user_auth') }),
    responses: {
      200: { description: 'The required step, and the account that requires it.', body: envelope(explained) },
    },
    async handle(request) {
      const { ctx, caller, params, query } = request;
      const account = await reachAccount(ctx, caller, params.id);
      const user = account.ok
        ? await findNamed(ctx, { account: account.value.id, login: query.user ?? caller.userId })
        : account;
      if (!user.ok)
        return declined(user.reason === 'unknown_user' ? { ok: false, reason: 'not_found' } : user, request);
      const { asks, kinds, reason, requiredBy, ...origins } = await explain(ctx, user.value, query.auth_module);
      const data = {
        asks,
        factors: kinds,
        ...(reason && { reason }),
        ...(requiredBy !== undefined && { required_by: requiredBy }),
        auth_config_origin: origins.authConfigOrigin,
        mfa_config_origin: origins.mfaConfigOrigin,
      };
      return answered(request, { data });
    },
  }),
];
