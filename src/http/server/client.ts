import type { Context as Incoming } from 'hono';
import { timeOrderedHex } from '../../base/random.ts';
import type { Client, Context } from '../../engine/context.ts';

/** The bindings that node-server passes with a request; absent when the app is mounted elsewhere. */
export type Environment = { readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } } };

export type Env = { Bindings: Environment };

/** Reads from a request what the engine needs about its client. It warns once if a proxy hides the client's address. */
export function createClientReader({ random, clock, log, settings }: Context) {
  let hasWarned = settings.sending.enrollmentsPerAddress === 0;
  return ({ env, req }: Incoming<Env>): Client & { readonly requestId: string } => {
    const ip = env?.incoming?.socket.remoteAddress ?? null;
    const isForwarded = req.header('x-forwarded-for') !== undefined || req.header('forwarded') !== undefined;
    if (isForwarded && ip !== null && !hasWarned) {
      hasWarned = true;
      log.warn({}, unknownAddress);
    }
    return {
      ip,
      isForwarded,
      userAgent: req.header('user-agent')?.slice(0, 512) ?? null,
      requestId: timeOrderedHex(random, clock.now()),
      language: firstLanguage(req.header('accept-language')),
    };
  };
}

const unknownAddress =
  'a request has an X-Forwarded-For or Forwarded header, so its address may be that of a proxy: ' +
  'enrollments by such requests are not counted in COUNTERSIGN_ENROLLMENTS_PER_ADDRESS; limit them in the proxy';

/** The preferred language comes first in `Accept-Language` as browsers write it (RFC 9110 section 12.5.4). */
function firstLanguage(accepted: string | undefined): string | undefined {
  return accepted && /^\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4})\s*(?:[,;]|$)/.exec(accepted)?.[1];
}
