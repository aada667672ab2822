import type { Context as Incoming } from 'hono';
import { canonicalAddress } from '../../base/addresses.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { Client, Context } from '../../engine/context.ts';
import { forwardedClient, forwardedHeaders, type ProxySettings } from './forwarded.ts';

/** The bindings that node-server passes with a request; absent when the app is mounted elsewhere. */
export type Environment = { readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } } };

export type Env = { Bindings: Environment };

/** The proxies in front of the server, none when absent, and its public URL. */
export type Front = { readonly proxies?: ProxySettings | undefined; readonly url: string };

/** Reads from a request what the engine needs about its client. It warns once if a proxy hides the client's address, or takes plain HTTP. */
export function createClientReader({ random, clock, log, settings }: Context, { proxies, url }: Front) {
  const warnOfAddress = once((peer) => log.warn({ client_ip: peer }, unknownAddress));
  const warnOfScheme = once((peer) => log.warn({ client_ip: peer }, unencrypted));
  return ({ env, req }: Incoming<Env>): Client & { readonly requestId: string } => {
    const { headers } = req.raw;
    const remote = env?.incoming?.socket.remoteAddress;
    const peer = remote === undefined ? null : (canonicalAddress(remote) ?? remote);
    const client = peer !== null && proxies?.trusted.has(peer) ? forwardedClient(peer, headers, proxies) : undefined;
    const isForwarded = !client && forwardedHeaders.some((name) => headers.has(name));
    if (isForwarded && peer !== null && settings.sending.enrollmentsPerAddress !== 0) warnOfAddress(peer);
    if (client?.scheme === 'http' && url.startsWith('https:')) warnOfScheme(client.address);
    return {
      ip: client?.address ?? peer,
      isForwarded,
      userAgent: headers.get('user-agent')?.slice(0, 512) ?? null,
      requestId: timeOrderedHex(random, clock.now()),
      language: firstLanguage(headers.get('accept-language') ?? undefined),
    };
  };
}

function once(work: (address: string) => void): (address: string) => void {
  let isDone = false;
  return (address) => {
    if (!isDone) work(address);
    isDone = true;
  };
}

const unknownAddress =
  'a request has an X-Forwarded-For or Forwarded header and comes from an address that is not in COUNTERSIGN_TRUSTED_PROXIES: ' +
  'the header is ignored, and enrollments by such requests are not counted in COUNTERSIGN_ENROLLMENTS_PER_ADDRESS';

const unencrypted =
  'a proxy forwards requests that clients sent over plain HTTP, although the public URL is https: let it redirect them';

/** The preferred language comes first in `Accept-Language` as browsers write it (RFC 9110 section 12.5.4). */
function firstLanguage(accepted: string | undefined): string | undefined {
  return accepted && /^\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4})\s*(?:[,;]|$)/.exec(accepted)?.[1];
}
