import { z } from 'zod';
import type { AttemptTopic } from '../../../engine/audit/browse-attempts.ts';
import { browseAttempts, reachAccount, findAttemptOf } from '../../../engine/operations.ts';
import { authModules } from '../../../engine/policy/auth-modules.ts';
import type { Attempt } from '../../../store/attempts.ts';
import { route, type Route } from '../../route.ts';
import { sentenceOf } from './attempt-messages.ts';
import { answered, declined, envelope, formatProblem } from './envelope.ts';
import { accountPath, fromGregorian, gregorian } from './shapes.ts';

const attemptId = z.string().regex(/^[0-9]{6}-[0-9a-f]{32}$/, 'must be YYYYMM- and 32 hexadecimal digits');

/** Gregorian seconds. */
const instant = z.coerce.number().int().min(0).max(100_000_000_000);

const query = z.object({
  page_size: z.coerce.number().int().min(1).max(500).default(50),
  start_key: attemptId.optional(),
  created_from: instant.optional(),
  created_to: instant.optional(),
  owner_id: z.uuid().optional(),
  auth_module: z.enum(authModules).optional(),
  debug_type: z.enum(['failed', 'success']).optional(),
});

const summary = z.strictObject({
  id: attemptId,
  auth_type: z.string(),
  debug_type: z.enum(['failed', 'success']),
  message: z.string(),
  timestamp: z.int(),
});

const details = summary.extend({
  auth_config_origin: z.string().optional(),
  mfa_config_origin: z.string().optional(),
  auth_module: z.string().optional(),
  provider_name: z.string().optional(),
  owner_id: z.string().optional(),
  client_ip: z.string().optional(),
  user_agent: z.string().optional(),
  request_id: z.string().optional(),
});

const common = { method: 'get', access: 'session', scope: 'manage', tag: 'Attempts', formatProblem } as const;

const listing = (about: AttemptTopic, path: string): Route =>
  route({
    ...common,
    path,
    summary: about === 'logins' ? 'List login attempts' : 'List attempts with second factors',
    description:
      'Newest first. `next_start_key` is the start of the next page. `created_from` (included) and `created_to` (not) are Gregorian seconds.',
    params: accountPath,
    query,
    responses: {
      200: {
        description: 'The attempts.',
        body: envelope(z.array(summary)).extend({ page_size: z.int(), next_start_key: attemptId.optional() }),
      },
    },
    async handle(request) {
      const { ctx, caller, params, query: asked } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const { page_size, start_key: start } = asked;
      const wanted = { about, filter: filterOf(asked), page: { limit: page_size + 1, start } };
      const found = await browseAttempts(ctx, account.value, wanted);
      const next = found[page_size]?.id;
      const page = found.slice(0, page_size).map(viewSummary);
      const response = answered(request, { data: page });
      const paging = { page_size: page.length, ...(next !== undefined && { next_start_key: next }) };
      return { ...response, json: { ...(response.json as object), ...paging } };
    },
  });

const filterOf = ({ created_from, created_to, owner_id, auth_module, debug_type }: z.infer<typeof query>) => ({
  from: created_from === undefined ? undefined : fromGregorian(created_from),
  to: created_to === undefined ? undefined : fromGregorian(created_to),
  userId: owner_id,
  authModule: auth_module,
  outcome: debug_type,
});

const reading = (about: AttemptTopic, path: string): Route =>
  route({
    ...common,
    path: `${path}/{attemptId}`,
    summary: 'Read an attempt',
    params: accountPath.extend({ attemptId }),
    responses: { 200: { description: 'The attempt.', body: envelope(details) } },
    async handle(request) {
      const { ctx, caller, params } = request;
      const account = await reachAccount(ctx, caller, params.id);
      const attempt = account.ok ? await findAttemptOf(ctx, account.value, { about, id: params.attemptId }) : account;
      return attempt.ok ? answered(request, { data: viewDetails(attempt.value) }) : declined(attempt, request);
    },
  });

const ofSecondFactors = '/v2/accounts/{id}/multi_factor/attempts';
const ofLogins = '/v2/accounts/{id}/security/attempts';

export const attemptRoutes: readonly Route[] = [
  listing('second factors', ofSecondFactors),
  reading('second factors', ofSecondFactors),
  listing('logins', ofLogins),
  reading('logins', ofLogins),
];

function viewSummary(attempt: Attempt): z.infer<typeof summary> {
  const { id, action, at, outcome } = attempt;
  const auth_type = action === 'login' ? 'first_factor' : 'multi_factor';
  return { id, auth_type, debug_type: outcome, message: sentenceOf(attempt), timestamp: gregorian(at) };
}

function viewDetails(attempt: Attempt): z.infer<typeof details> {
  const { providerName, factor } = attempt;
  const more = {
    auth_config_origin: attempt.authConfigOrigin,
    mfa_config_origin: attempt.mfaConfigOrigin,
    auth_module: attempt.authModule,
    provider_name: providerName ?? factor,
    owner_id: attempt.userId,
    client_ip: attempt.clientIp,
    user_agent: attempt.userAgent,
    request_id: attempt.requestId,
  };
  const known = Object.entries(more).filter(([, value]) => value !== null);
  return { ...viewSummary(attempt), ...Object.fromEntries(known) };
}
