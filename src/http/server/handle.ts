import { second } from '../../base/clock.ts';
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
import { checkAdministrativeAccess } from './administration.ts';
import type { ShownCredential } from './credentials.ts';
import { takeCurrentPassword } from '../current-password.ts';
import { readQuery, type Parsed } from './parse.ts';
import { missingScope } from './require-scope.ts';
import { closedToService } from './service-session.ts';

/** The caller that a credential belongs to. */
export type AnyCaller = EnrollmentActor | ChallengeActor | Service | undefined;

/** The parts of a request, from a socket or from inside the process. */
export type RawRequest = {
  /** Authenticates the caller, by what is stored at the moment. */
  readonly caller: (ctx: RequestContext) => Promise<Outcome<AnyCaller, ErrorReason>>;
  readonly params: unknown;
  /** Encoded as in a URL. */
  readonly query: string;
  readonly body: () => Promise<Parsed>;
};

/**
 * Authenticates, then parses, then calls the handler: the body of a refused caller is never read. After a body that
 * arrived slowly the caller is authenticated again, because they may have lost their rights in the meantime.
 */
export async function handle(route: Route, anonymous: UnparsedRequest, raw: RawRequest): Promise<Reply> {
  const first = await checkCaller(route, anonymous, raw);
  if (!first.ok) return first.reply;
  const query = readQuery(route.query, raw.query);
  if (!query.ok) return formatted(route, query.problem, first.request);
  const body = await raw.body();
  if (!body.ok) return formatted(route, body.problem, first.request);
  const present = anonymous.ctx.at();
  const isSlow = present.now - anonymous.ctx.now > quick;
  const checked = isSlow ? await checkCaller(route, { ...anonymous, ctx: present }, raw) : first;
  if (!checked.ok) return checked.reply;
  const { request, params, session, allowed } = checked;
  const { rest, currentPassword } = takesCurrentPassword(route)
    ? takeCurrentPassword(body.value)
    : { rest: body.value };
  const ctx = { ...present, currentPassword };
  const proven = allowed.ok ? allowed : await checkAdministrativeAccess(ctx, route, { session, params });
  if (!proven.ok) return formatted(route, problemOf(proven), request);
  const parsed = { params, query: query.value, body: rest };
  return route.handle({ ...request, ctx: { ...ctx, ...proven.value }, ...parsed });
}

/** How long a body may take without a second look at its caller, in milliseconds. */
const quick = second;

type CallerCheck =
  | { readonly ok: false; readonly reply: Reply }
  | {
      readonly ok: true;
      readonly request: UnparsedRequest;
      readonly params: unknown;
      readonly session: Caller | undefined;
      readonly allowed: Awaited<ReturnType<typeof checkAdministrativeAccess>>;
    };

/** Authenticates the caller of a request, and decides whether they may use the route at all. */
async function checkCaller(route: Route, anonymous: UnparsedRequest, raw: RawRequest): Promise<CallerCheck> {
  const caller = await raw.caller(anonymous.ctx);
  const request = { ...anonymous, caller: caller.ok ? (caller.value as UnparsedRequest['caller']) : undefined };
  const refusing = (wrong: Problem) => ({ ok: false, reply: formatted(route, wrong, request) }) as const;
  if (!caller.ok) return refusing(problemOf(caller));
  const read = route.params?.safeParse(raw.params);
  if (read && !read.success) return refusing(problemOf(refuse('not_found')));
  const params = read?.data;
  const session = sessionAt(route.access, caller.value);
  const closed = missingScope(route, session, params) ?? closedToService(route, session, params);
  if (closed) return refusing(closed);
  const allowed = await checkAdministrativeAccess(request.ctx, route, { session, params });
  // The password in the body may still prove it.
  if (!allowed.ok && allowed.reason !== 'login_too_old') return refusing(problemOf(allowed));
  return { ok: true, request, params, session, allowed };
}

const formatted = (route: Route, wrong: Problem, request: UnparsedRequest): Reply =>
  (route.formatProblem ?? problem)(wrong, request);

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
