import type { Reply } from '../route.ts';

/** The usual hardening: nothing is cached, framed, sniffed, run or told to others. */
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

/** A reply as it goes out. */
export type WrittenReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | undefined;
};

export function write({ status, json, text, type, headers }: Reply, requestId: string): WrittenReply {
  const isProblem = type === 'application/problem+json';
  const content = json === undefined ? text : JSON.stringify(isProblem ? { ...json, request_id: requestId } : json);
  const media = type ?? (json === undefined ? undefined : 'application/json');
  const about = { ...(media && { 'Content-Type': media }), ...headers, 'X-Request-Id': requestId };
  return { status, headers: { ...hardening, ...about }, content };
}

export function respond(reply: Reply, requestId: string): Response {
  const { status, headers, content } = write(reply, requestId);
  return new Response(reply.bytes ?? content ?? null, { status, headers });
}
