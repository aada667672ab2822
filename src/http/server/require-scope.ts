import { refuse } from '../../base/outcome.ts';
import type { Caller } from '../../engine/session/authenticate.ts';
import { hasScope } from '../../engine/session/scopes.ts';
import { problemOf } from '../errors/reasons.ts';
import type { NeededScope } from '../../engine/session/scopes.ts';
import type { Problem, Route } from '../route.ts';

/** The problem if the session of an OAuth2 client lacks the scope of a route (RFC 6750 section 3.1). */
export function missingScope(route: Route, session: Caller | undefined, params: unknown): Problem | undefined {
  if (!session) return undefined;
  const needed = neededScope(route, session, params);
  if (hasScope(session, needed)) return undefined;
  if (needed === undefined) return problemOf(refuse('insufficient_scope'), closedToClients);
  const detail = `This needs the scope \`${needed}\`: ask for it when you get the token. Only administrators get \`manage\`.`;
  const headers = { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${needed}"` };
  return problemOf(refuse('insufficient_scope'), { insufficient_scope: { detail, headers } });
}

const closedToClients = {
  insufficient_scope: { detail: 'No OAuth 2.0 client may do this. Log in without a client.' },
};

/** The scope that a request to a route needs. Undefined: the route is closed to OAuth2 clients. */
export function neededScope({ scope }: Route, session: Caller, params: unknown): NeededScope | undefined {
  return typeof scope === 'object' ? scope[isOwn(session, params) ? 'own' : 'others'] : scope;
}

/** Whether a path names the session's user or, without a user, the session. */
export function isOwn({ id, userId }: Caller, params: unknown): boolean {
  const { uid, sid } = (params ?? {}) as { readonly uid?: string; readonly sid?: string };
  return uid === undefined ? sid === id : uid === 'me' || uid === userId;
}
