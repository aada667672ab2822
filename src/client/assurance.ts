import type { Operations } from './operations.ts';
import type { Refused } from './result.ts';
import type { Assured, SessionRequirements } from './types.ts';

/** A client, or Countersign in this process: looks up a session by its token. */
export type Judge = { as(credential: string): Pick<Operations, 'sessions'> };

/** A request is let through, or is answered like this. */
export type Decision =
  | { readonly ok: true; readonly session: Assured }
  | {
      readonly ok: false;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/**
 * Decides about a request by its `Authorization` header. The answer says what the session lacks (RFC 9470); an ended session counts as
 * none. Throws if the server cannot be reached: then the request must be refused.
 */
export async function decide(
  judge: Judge,
  wanted: SessionRequirements,
  authorization: string | undefined,
): Promise<Decision> {
  const token = /^bearer +([^\s,]+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return answer(missingCredential);
  const assured = await judge.as(token).sessions.assure(wanted);
  return assured.ok ? { ok: true, session: assured.value } : answer(assured);
}

const missingCredential: Refused = {
  ok: false,
  status: 401,
  code: 'authentication_required',
  detail: 'Authentication credentials were not provided: send `Authorization: Bearer` and an access token.',
  authenticate: 'Bearer',
};

function answer({ status, code, detail, authenticate, retryAfter }: Refused): Decision {
  return {
    ok: false,
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(authenticate !== undefined && { 'WWW-Authenticate': authenticate }),
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    },
    body: JSON.stringify({ type: `urn:countersign:problem:${code}`, status, detail, code }),
  };
}

const sessions = new WeakMap<object, Assured>();

export function remember(request: object, session: Assured): void {
  sessions.set(request, session);
}

/** The session of a request that passed `requireAssurance`. `request` is the framework's own; in Hono, `c.req.raw`. */
export function sessionOf(request: object): Assured {
  const session = sessions.get(request);
  if (!session) throw new Error('requireAssurance did not run for this request');
  return session;
}
