import type { Context as Incoming } from 'hono';
import { canonicalAddress } from '../../base/addresses.ts';
import { timeOrderedHex } from '../../base/random.ts';
import type { Client, Context } from '../../engine/context.ts';
import { forwardedClient, forwardedHeaders, type ProxySettings } from './forwarded.ts';

/** The address and user agent of the end user, from an application that calls or mounts the library. */
export type EndUserClient = { readonly ip?: string | undefined; readonly userAgent?: string | undefined };

/** The bindings that node-server passes with a request; absent when the app is mounted elsewhere. */
export type Environment = {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
  /** Replaces the address of the socket and the header `User-Agent`, where a member is present. */
  readonly client?: EndUserClient | undefined;
};

/** User agents are stored up to this length. */
const maxUserAgent = 512;

/** Reads a client that a program gave. Throws a TypeError if it is not one. */
export function readClient({ ip, userAgent }: EndUserClient): GivenClient {
  const address = typeof ip === 'string' ? canonicalAddress(ip) : undefined;
  if (ip !== undefined && address === undefined)
    throw new TypeError(`client.ip: expected an IPv4 or IPv6 address, got ${JSON.stringify(ip)}`);
  if (userAgent !== undefined && typeof userAgent !== 'string')
    throw new TypeError(`client.userAgent: expected a string, got ${typeof userAgent}`);
  // PostgreSQL stores no NUL in a text.
  return { ip: address ?? null, userAgent: userAgent?.replaceAll('\0', '').slice(0, maxUserAgent) ?? null };
}

type GivenClient = Pick<Client, 'ip' | 'userAgent'>;

export type Env = { Bindings: Pick<Environment, 'incoming'> & { readonly client?: GivenClient } };

/** The proxies in front of the server, none when absent, and its public URL. */
export type Front = { readonly proxies?: ProxySettings | undefined; readonly url: string };

/** Reads from a request what the engine needs about its client. It warns once if a proxy hides the client's address, or takes plain HTTP. */
export function createClientReader({ random, clock, log, settings }: Context, { proxies, url }: Front) {
  const warnOfAddress = once((peer) => log.warn({ client_ip: peer }, unknownAddress));
  const warnOfScheme = once((peer) => log.warn({ client_ip: peer }, unencrypted));
  return ({ env, req }: Incoming<Env>): Client & { readonly requestId: string } => {
    const { headers } = req.raw;
    const given = env?.client ?? readClient({});
    const remote = env?.incoming?.socket.remoteAddress;
    const peer = remote === undefined ? null : (canonicalAddress(remote) ?? remote);
    const client = peer !== null && proxies?.trusted.has(peer) ? forwardedClient(peer, headers, proxies) : undefined;
    const isForwarded = given.ip === null && !client && forwardedHeaders.some((name) => headers.has(name));
    if (isForwarded && peer !== null && settings.sending.enrollmentsPerAddress !== 0) warnOfAddress(peer);
    if (client?.scheme === 'http' && url.startsWith('https:')) warnOfScheme(client.address);
    return {
      ip: given.ip ?? client?.address ?? peer,
      isForwarded,
      userAgent: given.userAgent ?? headers.get('user-agent')?.slice(0, maxUserAgent) ?? null,
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
