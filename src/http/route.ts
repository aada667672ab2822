import type { z } from 'zod';
import type { RequestContext } from '../engine/context.ts';
import type { ChallengeActor, Service } from '../engine/challenge/challenge-actor.ts';
import type { EnrollmentActor } from '../engine/session/enrollment-actor.ts';
import type { Caller } from '../engine/session/authenticate.ts';
import type { NeededScope } from '../engine/session/scopes.ts';
import type { ProblemCode } from './problem-codes/index.ts';
import { currentPasswordBody, withCurrentPassword } from './current-password.ts';

/**
 * Doors are tables of routes: plain data with a handler. The server mounts the table, the OpenAPI document describes it and the tests walk
 * through it.
 */
export type Route = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Whether a GET has an effect. Then HEAD, which has none, is a wrong method. */
  readonly writes?: true;
  /** In OpenAPI's form: `/users/{uid}`. */
  readonly path: string;
  /** The callers that it accepts. A `session` route refuses every other credential before it reads anything else. */
  readonly access: Access;
  /** Whether it makes administrative writes; absent where it cannot. */
  readonly administers?: Administers;
  /** Whether it needs fresh proof of every session: it changes the factors or the profile of the session's own user. */
  readonly needsFreshProof?: true;
  /** Whether a key with `manage` may administer through it. Otherwise it is closed to keys. */
  readonly openToKeys?: boolean;
  /** Whether a service may use it with a session, for itself. Otherwise it is closed to services' sessions. */
  readonly openToServices?: true;
  /** The scope that the session of an OAuth2 client needs. Without one, the route is closed to clients. */
  readonly scope?: RouteScope;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Whether the body may also be a form. */
  readonly form?: true;
  /** The format of problems, where the door does not use the common dialect (RFC 9457). */
  readonly formatProblem?: ProblemFormatter;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  readonly handle: (request: Handled) => Promise<Reply>;
};

/** Writes a problem in the dialect of a door. */
export type ProblemFormatter = (problem: Problem, request: UnparsedRequest) => Reply;

/** The format of errors below a door's path, for paths that none of its routes has. */
export type Dialect = { readonly below: string; readonly formatProblem: ProblemFormatter };

/**
 * `optional`: a session, if the request has one. `basic`: HTTP Basic, which the handler reads. `enrollment`: a session or an enrollment
 * token. `challenge`: a service's API key, a session or a challenge token. `service`: a service's API key, or a session of that key.
 */
export type Access = 'anyone' | 'session' | 'optional' | 'basic' | 'enrollment' | 'challenge' | 'service';

/**
 * The writes of an administrator's session that are administrative and so need fresh proof: all of them, those whose path names another
 * user in `uid`, or none.
 */
export type Administers = 'always' | 'others' | 'never';

/** A scope, or that none is needed; where the path names a user or a session, one for the caller's own and one for others. */
export type RouteScope = NeededScope | { readonly own?: NeededScope; readonly others?: NeededScope };

/** The meaning of a status and the shape of its body. `type` is set where it is not JSON, `page` where a browser gets HTML instead. */
export type ResponseSpec = {
  readonly description: string;
  readonly body?: z.ZodType;
  readonly type?: string;
  readonly page?: true;
};

/** A request before it is parsed. Its caller is set once they are authenticated. */
export type UnparsedRequest = Pick<Handled, 'ctx' | 'caller' | 'headers'>;

/** A request after all checks: everything in it is parsed. */
export type Handled = {
  readonly ctx: RequestContext;
  /** Another type at `enrollment`, `challenge` and `service` routes; only their handlers read it, with the type that `route` gives it. */
  readonly caller: Caller | undefined;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: Headers;
};

/** The answer of a handler. `json`, `text` and `bytes` exclude each other; without any of them the body is empty. */
export type Reply = {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  /** For long content that is the same for all clients: a slow reader does not need a copy of its own. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** The media type, where it is not the usual one. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An error in one member of a body or a query. `pointer` is a JSON Pointer (RFC 6901). */
export type FieldError = { readonly pointer: string; readonly detail: string; readonly missing: boolean };

export type Problem = {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members in addition to the usual ones (RFC 9457 section 3.2). */
  readonly more?: Readonly<Record<string, unknown>>;
};

type CallerFor<A extends Access> = A extends 'session'
  ? Caller
  : A extends 'enrollment'
    ? EnrollmentActor
    : A extends 'challenge'
      ? ChallengeActor
      : A extends 'service'
        ? Service
        : A extends 'optional'
          ? Caller | undefined
          : undefined;

/** A route through which a session can write must have `administers`; other routes cannot have it. */
type Decided<M extends Route['method'], A extends Access> = M extends 'get'
  ? { readonly administers?: never }
  : A extends 'session' | 'optional' | 'enrollment' | 'challenge'
    ? { readonly administers: Administers }
    : { readonly administers?: never };

type WrittenRoute<M extends Route['method'], A extends Access, Params, Query, Body> = Omit<
  Route,
  'method' | 'access' | 'administers' | 'params' | 'query' | 'body' | 'handle'
> & {
  readonly method: M;
  readonly access: A;
  readonly params?: z.ZodType<Params> & z.ZodObject;
  readonly query?: z.ZodType<Query> & z.ZodObject;
  readonly body?: z.ZodType<Body>;
  readonly handle: (
    request: Omit<Handled, 'caller' | 'params' | 'query' | 'body'> & {
      readonly caller: CallerFor<A>;
      readonly params: Params;
      readonly query: Query;
      readonly body: Body;
    },
  ) => Promise<Reply>;
};

/** Checks a handler against the schemas of its route, then drops their types, so that all routes fit in one table. */
export function route<
  M extends Route['method'],
  A extends Access,
  Params = undefined,
  Query = undefined,
  Body = undefined,
>(written: WrittenRoute<M, A, Params, Query, Body> & Decided<M, A>): Route {
  // The server passes only values that these schemas parsed, and only callers that `access` allows.
  const made = written as unknown as Route;
  if (!takesCurrentPassword(made)) return made;
  return { ...made, body: made.body ? withCurrentPassword(made.body) : currentPasswordBody(made.path) };
}

/** Whether a user without a second factor may send their password in the body, as fresh proof for this request. */
export const takesCurrentPassword = ({ method, needsFreshProof, administers = 'never' }: Route): boolean =>
  method !== 'get' && (needsFreshProof === true || administers !== 'never');
