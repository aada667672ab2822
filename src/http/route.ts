import type { z } from 'zod';
import type { RequestContext } from '../engine/context.ts';
import type { ChallengeActor, Service } from '../engine/challenge/challenge-actor.ts';
import type { EnrollmentActor } from '../engine/session/enrollment-actor.ts';
import type { Caller } from '../engine/session/authenticate.ts';
import type { ProblemCode } from './problem-codes/index.ts';

/**
 * Doors are tables of routes: plain data with a handler. The server mounts them, the OpenAPI document describes them and the
 * tests walk them, all from the one table.
 */
export type Route = {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/users/{uid}`. */
  readonly path: string;
  /** Who may call it. What is not a session is refused at every `session` route before anything else is looked at. */
  readonly access: Access;
  /** Whether it makes administrative writes; absent where it cannot. */
  readonly administers?: Administers;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Whether the body may be a form too. */
  readonly form?: true;
  /** How the door says what is wrong, where it does not speak the common dialect (RFC 9457). */
  readonly formatProblem?: ProblemFormatter;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  readonly handle: (request: Handled) => Promise<Reply>;
};

/** Says what is wrong in the words of a door. */
export type ProblemFormatter = (problem: Problem, request: UnparsedRequest) => Reply;

/** What a door answers below its path where none of its routes does: in its own words too. */
export type Dialect = { readonly below: string; readonly formatProblem: ProblemFormatter };

/**
 * `optional`: a session is read when one is shown. `basic`: HTTP Basic, which the handler reads itself. `enrollment`: a session, or an enrollment
 * token. `challenge`: a service's apikey, a session, or a challenge token. `service`: an apikey of a service, or a session of its key.
 */
export type Access = 'anyone' | 'session' | 'optional' | 'basic' | 'enrollment' | 'challenge' | 'service';

/**
 * Which writes of an administrator's session are administrative, and so need fresh proof: all of them, those on other users than the one in
 * the path's `uid`, or none.
 */
export type Administers = 'always' | 'others' | 'never';

/** What a status means, and the shape of its body; `type` where it is not JSON, `page` where a browser gets HTML in its place. */
export type ResponseSpec = {
  readonly description: string;
  readonly body?: z.ZodType;
  readonly type?: string;
  readonly page?: true;
};

/** A request of which nothing was parsed yet; its caller, where they have shown who they are. */
export type UnparsedRequest = Pick<Handled, 'ctx' | 'caller' | 'headers'>;

/** A request that has passed its threshold: everything in it has been parsed. */
export type Handled = {
  readonly ctx: RequestContext;
  /** At an `enroller` or `asker` route it is one of these; only such a route's handler looks at that. */
  readonly caller: Caller | undefined;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: Headers;
};

/** What a handler answers. `json`, `text` and `bytes` exclude each other; without any the body is empty. */
export type Reply = {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  /** What is long and the same for all: who is slow to read it holds no copy of their own. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** The media type, where it is not the usual one. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What is wrong with one member of what was sent. `pointer` is a JSON Pointer (RFC 6901). */
export type FieldError = { readonly pointer: string; readonly detail: string; readonly missing: boolean };

export type Problem = {
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside the usual ones (RFC 9457 section 3.2). */
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

/** A route that a session may write through says whether such a write is administrative; no other can. */
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

/** Checks a handler against the schemas beside it, and forgets their types: from here on a route is a row of a table. */
export function route<
  M extends Route['method'],
  A extends Access,
  Params = undefined,
  Query = undefined,
  Body = undefined,
>(written: WrittenRoute<M, A, Params, Query, Body> & Decided<M, A>): Route {
  // The server hands over only what these very schemas parsed, and a caller only as `access` says.
  return written as unknown as Route;
}
