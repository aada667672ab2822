import { refuse, success, type Outcome } from '../../base/outcome.ts';
import {
  authenticateChallengeActor,
  authenticateService,
  type ChallengeActor,
  type Service,
} from '../../engine/challenge/challenge-actor.ts';
import type { RequestContext } from '../../engine/context.ts';
import { authenticateEnrollmentActor, type EnrollmentActor } from '../../engine/session/enrollment-actor.ts';
import { authenticate, type Caller } from '../../engine/session/authenticate.ts';
import { problem } from '../errors/problem.ts';
import { problemOf, type ErrorReason } from '../errors/reasons.ts';
import {
  takesCurrentPassword,
  type Access,
  type Problem,
  type Reply,
  type Route,
  type UnparsedRequest,
} from '../route.ts';
import { requireAdministration } from './administration.ts';
import type { ShownCredential } from './credentials.ts';
import { takeCurrentPassword } from '../current-password.ts';
import { readQuery, type Parsed } from './parse.ts';
import { missingScope } from './require-scope.ts';
import { closedToService } from './service-session.ts';

/** The caller that a credential belongs to. */
export type AnyCaller = EnrollmentActor | ChallengeActor | Service | undefined;

/** The parts of a request, from a socket or from inside the process. */
export type RawRequest = {
  readonly caller: () => Promise<Outcome<AnyCaller, ErrorReason>>;
  readonly params: unknown;
  /** Encoded as in a URL. */
  readonly query: string;
  readonly body: () => Promise<Parsed>;
};

/** Authenticates, then parses, then calls the handler: the body of a refused caller is never read. */
export async function handle(route: Route, anonymous: UnparsedRequest, raw: RawRequest): Promise<Reply> {
  const caller = await raw.caller();
  const request = { ...anonymous, caller: caller.ok ? (caller.value as UnparsedRequest['caller']) : undefined };
  const formatProblem = (wrong: Problem) => (route.formatProblem ?? problem)(wrong, request);
  if (!caller.ok) return formatProblem(problemOf(caller));
  const params = route.params?.safeParse(raw.params);
  if (params && !params.success) return formatProblem(problemOf(refuse('not_found')));
  const session = sessionAt(route.access, caller.value);
  const closed = missingScope(route, session, params?.data) ?? closedToService(route, session, params?.data);
  if (closed) return formatProblem(closed);
  const asked = { session, params: params?.data };
  const allowed = await requireAdministration(request.ctx, route, asked);
  // The password in the body may still prove it.
  if (!allowed.ok && allowed.reason !== 'login_too_old') return formatProblem(problemOf(allowed));
  const query = readQuery(route.query, raw.query);
  if (!query.ok) return formatProblem(query.problem);
  const body = await raw.body();
  if (!body.ok) return formatProblem(body.problem);
  const { rest, currentPassword } = takesCurrentPassword(route)
    ? takeCurrentPassword(body.value)
    : { rest: body.value };
  // The body may arrive slowly, so the handler gets a context with the current time.
  const ctx = { ...request.ctx.at(), currentPassword };
  const proven = allowed.ok ? allowed : await requireAdministration(ctx, route, asked);
  if (!proven.ok) return formatProblem(problemOf(proven));
  const parsed = { params: params?.data, query: query.value, body: rest };
  return route.handle({ ...request, ctx: { ...ctx, ...proven.value }, ...parsed });
}

/** The session of a caller, if a session is what calls. */
function sessionAt(access: Access, caller: AnyCaller): Caller | undefined {
  if (!caller || access === 'service' || !('type' in caller) || caller.type !== 'session') return undefined;
  return 'session' in caller ? caller.session : caller;
}

/** Authenticates a credential as the kind of caller that a route accepts. */
export async function callerOf(
  ctx: RequestContext,
  shown: ShownCredential,
  access: Access,
): Promise<Outcome<AnyCaller, ErrorReason>> {
  if (access === 'anyone' || access === 'basic') return success(undefined);
  if (shown === 'nothing') return access === 'optional' ? success(undefined) : refuse('no_token');
  if (shown === 'unreadable') return refuse('invalid_token');
  if (access === 'challenge') return authenticateChallengeActor(ctx, shown.token);
  if (access === 'service') return authenticateService(ctx, shown.token);
  return access === 'enrollment' ? authenticateEnrollmentActor(ctx, shown.token) : authenticate(ctx, shown.token);
}
