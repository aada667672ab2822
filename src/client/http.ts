import { operationsOver, type Operations } from './operations.ts';
import type { ApiRequest, Transport } from './transport.ts';

export type ClientOptions = {
  /** The server's URL, with the path that it is mounted at if there is one. */
  readonly url: string | URL;
  /** A service's key, an access token or a challenge token. */
  readonly credential?: string | undefined;
  /** Sends requests: the platform's `fetch` when absent. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** The longest wait for an answer, in milliseconds: 10,000 when absent. */
  readonly timeout?: number | undefined;
};

export type CountersignClient = Operations & {
  /** The same with another credential. */
  as(credential: string): CountersignClient;
};

/**
 * A client of a server. Operations return results, refusals included. They throw if the server cannot be reached, does not answer in time or
 * is not Countersign.
 */
export function createClient(options: ClientOptions): CountersignClient {
  if (!/^https?:\/\/[^/?#]/.test(String(options.url)))
    throw new TypeError('url: expected http:// or https:// and a host');
  return {
    ...operationsOver(overHttp(options)),
    as: (credential) => createClient({ ...options, credential }),
  };
}

function overHttp({ url, credential, fetch: send = fetch, timeout = 10_000 }: ClientOptions): Transport {
  const base = String(url).replace(/\/$/, '');
  return async (asked) => {
    const request = new Request(base + pathOf(asked), {
      method: asked.method,
      headers: {
        Accept: 'application/json, application/problem+json',
        ...(credential !== undefined && { Authorization: `Bearer ${credential}` }),
        ...(asked.body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(asked.body !== undefined && { body: JSON.stringify(asked.body) }),
      // A redirect would send the credential to another address.
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    const response = await send(request);
    const text = await response.text();
    return { status: response.status, json: read(text, response), header: (name) => response.headers.get(name) };
  };
}

function pathOf({ path, params = {}, query = {} }: ApiRequest): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => segment(params[name] ?? ''));
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given).toString()}`;
}

/** These ids cannot be path segments, because they would change the path. */
function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new TypeError(`${JSON.stringify(id)} cannot be an id`);
  return encodeURIComponent(id);
}

function read(text: string, { status, headers }: Response): unknown {
  if (text === '') return undefined;
  if (/[/+]json\b/.test(headers.get('content-type') ?? '')) return JSON.parse(text);
  throw new Error(
    `the server is not Countersign: status ${status}, ${headers.get('content-type') ?? 'no content type'}`,
  );
}
