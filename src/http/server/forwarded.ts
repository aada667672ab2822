import { canonicalAddress, type AddressSet } from '../../base/addresses.ts';

/** The headers in which proxies can say for whom they forward: the common one, and that of RFC 7239. */
export const forwardedHeaders = ['x-forwarded-for', 'forwarded'] as const;

export type ForwardedHeader = (typeof forwardedHeaders)[number];

/** The proxies whose header is believed, and the header that is read. */
export type ProxySettings = { readonly trusted: AddressSet; readonly header: ForwardedHeader };

export type ForwardedClient = {
  readonly address: string;
  /** The scheme of the client's own request, if a trusted proxy says so. */
  readonly scheme?: 'http' | 'https' | undefined;
};

/** One hop of the header. Undefined where the address cannot be read, is hidden (`unknown`, `_name`) or is absent. */
type Hop = ForwardedClient | undefined;

/**
 * The client of a request that a trusted `peer` sent: from the right, the first address that is not trusted. A hop that cannot be read ends the walk at
 * the last trusted one, because everything to the left of it may come from the client.
 */
export function forwardedClient(peer: string, headers: Headers, { trusted, header }: ProxySettings): ForwardedClient {
  let client: ForwardedClient = { address: peer };
  for (const hop of header === 'forwarded' ? hopsOfForwarded(headers) : hopsOfXForwarded(headers)) {
    if (!hop) return client;
    client = hop;
    if (!trusted.has(hop.address)) return client;
  }
  return client;
}

/** `X-Forwarded-For`, a list of addresses, each with its value of `X-Forwarded-Proto`. Proxies that replace the latter leave one value. */
function* hopsOfXForwarded(headers: Headers): Generator<Hop> {
  const schemes = fromTheRight(headers.get('x-forwarded-proto'));
  let scheme: string | undefined;
  for (const entry of fromTheRight(headers.get('x-forwarded-for'))) {
    scheme = schemes.next().value ?? scheme;
    const address = addressIn(entry);
    yield address === undefined ? undefined : { address, scheme: schemeIn(scheme) };
  }
}

/** `Forwarded` (RFC 7239 section 4): a list of elements such as `for="[2001:db8::1]:4711";proto=https`. */
function* hopsOfForwarded(headers: Headers): Generator<Hop> {
  for (const entry of fromTheRight(headers.get('forwarded'))) {
    const pairs = pairsIn(entry);
    const address = addressIn(pairs?.get('for') ?? '');
    yield address === undefined ? undefined : { address, scheme: schemeIn(pairs?.get('proto')) };
  }
}

/**
 * The entries of a list, the last one first. A comma inside of quotes separates too, so such an element cannot be read: what follows the comma
 * ends with half a pair of quotes. Read from the left, a single quote of the client would hide the entries that proxies added.
 */
function* fromTheRight(list: string | null): Generator<string, undefined> {
  if (list === null) return;
  for (let end = list.length; end >= 0;) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    yield list.slice(comma + 1, end).trim();
    end = comma;
  }
}

/** `name=value`. Colons and brackets would need quotes, but some proxies leave them out. */
const pair = /^([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~:[\]-]+)|"((?:[^"\\]|\\.)*)")$/;

/** The parameters of an element by their names, which have no case. Undefined if it is malformed, or a name appears more than once. */
function pairsIn(element: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const written of element.split(';')) {
    const [, name = '', token, quoted = ''] = pair.exec(written.trim()) ?? [];
    const key = name.toLowerCase();
    if (key === '' || pairs.has(key)) return undefined;
    pairs.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
  }
  return pairs;
}

/** An address without its port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function addressIn(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(?:[0-9]{1,5}|_[\w.-]+))?$/.exec(text) ?? [];
  if (bracketed === undefined) return canonicalAddress(plain ?? text);
  return bracketed.includes(':') ? canonicalAddress(bracketed) : undefined;
}

function schemeIn(text: string | undefined): ForwardedClient['scheme'] {
  const scheme = text?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}
