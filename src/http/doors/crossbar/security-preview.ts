import { z } from 'zod';
import { previewSecurity, reachAccount } from '../../../engine/operations.ts';
import { authModules } from '../../../engine/policy/auth-modules.ts';
import type { AffectedUsers } from '../../../engine/policy/preview.ts';
import { route, type Route } from '../../route.ts';
import { answered, declined, envelope, inData, formatProblem } from './envelope.ts';
import { declinedConfig, common, readSecurityBody, securityBody, securityPath } from './security-shapes.ts';

const countView = z.strictObject({ users: z.int(), administrators: z.int() }).meta({ id: 'Count' });

const stoppedView = z.strictObject({ enrollment: countView, locked_out: countView }).meta({
  id: 'Stopped',
  description:
    '`enrollment`: they must enroll a factor first; `locked_out`: the login method is disabled, or its provider does not work.',
});

const previewView = z.strictObject({ auth_modules: z.record(z.enum(authModules), stoppedView) });

const viewStopped = ({ enrollment, lockedOut }: AffectedUsers): z.infer<typeof stoppedView> => ({
  enrollment,
  locked_out: lockedOut,
});

export const securityPreviewRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'post',
    administers: 'never',
    path: `${securityPath}/preview`,
    summary: 'Preview how many users a policy would block or require to enroll',
    description:
      'By auth module, among the users of the account and of its descendants. Nothing is changed. The body is that of `POST /v2/accounts/{id}/security`.',
    body: inData(securityBody),
    responses: {
      200: { description: 'The number of users, and of administrators among them.', body: envelope(previewView) },
    },
    async handle(request) {
      const { ctx, caller, params, body } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const read = readSecurityBody(body.data);
      if (!read.ok) return formatProblem(read.problem, request);
      const preview = await previewSecurity(ctx, account.value, read.value);
      if (!preview.ok) return declinedConfig(preview, request);
      const views = Object.entries(preview.value).map(([name, stopped]) => [name, viewStopped(stopped)]);
      return answered(request, { data: { auth_modules: Object.fromEntries(views) as unknown } });
    },
  }),
];
