import { locate } from '../errors/problem.ts';
import type { Reply } from '../route.ts';

/** Security headers of every reply: no caching, framing, sniffing, scripts or referrer. */
const hardening = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'interest-cohort=()',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** The data that completes a reply: its request's id, and the server's URL where it is known. */
export type Origin = { readonly requestId: string; readonly url: string | undefined };

/** A reply as it is sent. */
export type WrittenReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | undefined;
};

export function write({ status, json, text, type, headers }: Reply, { requestId, url }: Origin): WrittenReply {
  const completed =
    type === 'application/problem+json'
      ? { ...locate(json as { readonly code: string }, url), request_id: requestId }
      : json;
  const content = completed === undefined ? text : JSON.stringify(completed);
  const media = type ?? (json === undefined ? undefined : 'application/json');
  const about = { ...(media && { 'Content-Type': media }), ...headers, 'X-Request-Id': requestId };
  return { status, headers: { ...hardening, ...about }, content };
}

export function respond(reply: Reply, origin: Origin): Response {
  const { status, headers, content } = write(reply, origin);
  return new Response(reply.bytes ?? content ?? null, { status, headers });
}
