import { z } from 'zod';
import { turnOffMfa, renewBackupCode } from '../../../engine/operations.ts';
import { problemOf } from '../../errors/reasons.ts';
import { route, type Route } from '../../route.ts';
import { badRequest, declined, formatProblem, sentences } from './dialect.ts';
import { enrollmentRoutes } from './enrollment.ts';
import { statusOf, statusView } from './status.ts';

const tag = 'Self-service';

export const mfaRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/mfa',
    access: 'session',
    scope: 'none',
    tag,
    formatProblem,
    summary: 'Read whether multi-factor authentication is on',
    responses: { 200: { description: 'The state.', body: statusView } },
    handle: async ({ ctx, caller }) => ({ status: 200, json: await statusOf(ctx, caller) }),
  }),
  route({
    method: 'delete',
    administers: 'never',
    needsFreshProof: true,
    path: '/mfa',
    access: 'session',
    scope: 'mfa',
    tag,
    formatProblem,
    summary: 'Turn multi-factor authentication off',
    description:
      'Removes all second factors and recovery codes. Needs fresh proof. Refused with 400 where the account requires one of the factors.',
    responses: { 204: { description: 'It is off.' } },
    async handle({ ctx, caller }) {
      const disabled = await turnOffMfa(ctx, caller);
      if (disabled.ok) return { status: 204 };
      if (disabled.reason === 'required_by_policy') return formatProblem({ ...problemOf(disabled), status: 400 });
      return disabled.reason === 'mfa_not_enabled' ? badRequest({ detail: sentences.notEnabled }) : declined(disabled);
    },
  }),
  route({
    method: 'get',
    writes: true,
    path: '/mfa/recovery',
    access: 'session',
    scope: 'mfa',
    tag,
    formatProblem,
    summary: 'Create a backup code',
    description:
      'Each request creates a new one, and the old one stops working. Logging in with it turns multi-factor authentication off, unless the account requires a factor of its user. Needs fresh proof.',
    responses: {
      200: { description: 'The code, shown only once.', body: z.strictObject({ backup_code: z.string() }) },
    },
    async handle({ ctx, caller }) {
      const code = await renewBackupCode(ctx, caller);
      if (code.ok) return { status: 200, json: { backup_code: code.value } };
      return code.reason === 'mfa_not_enabled' ? badRequest({ backup_code: sentences.notEnabled }) : declined(code);
    },
  }),
  ...enrollmentRoutes,
];
