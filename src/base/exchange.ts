import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorCode } from './error-code.ts';
import { refuseInTransaction } from './transaction.ts';

/** Bytes. Every response that we parse is shorter. */
const maxResponseLength = 64 * 1024;

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until the last byte of the response. */
  readonly deadline: number;
  /** CA certificates in PEM, trusted instead of the system's. */
  readonly ca?: string | undefined;
};

/** A response whose body has not been read: call `readText` or `discardBody`. */
export type UnreadResponse = { readonly status: number; readonly body: IncomingMessage; readonly signal: AbortSignal };

/**
 * Posts to a message gateway or a provider. Redirects are not followed, so that credentials never reach another host.
 * Throws if no response begins before the deadline. Node's `fetch` is not used because it has no option for CA
 * certificates.
 */
export async function post({ url, headers, body, deadline, ca }: Post): Promise<UnreadResponse> {
  const signal = AbortSignal.timeout(deadline);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const options = { method: 'POST', headers: { 'user-agent': 'countersign', ...headers }, signal };
  const request = send(url, ca === undefined ? options : { ...options, ca });
  // An error after the response has begun also fails its body, where `readText` reports it. Without a listener it would
  // end the process.
  request.on('error', () => undefined);
  try {
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: response, signal };
  } catch (error) {
    throw causeOf(error, signal);
  }
}

/** Reads the body, within the deadline of the request. Throws if it is longer than 64 KiB. */
export async function readText({ body, signal }: UnreadResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxResponseLength) throw new RangeError('the response is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    throw causeOf(error, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Drops the body unread, which frees the connection. */
export function discardBody({ body }: UnreadResponse): void {
  body.destroy();
}

/** When the deadline closes a connection, Node reports a reset: this returns the timeout instead. */
function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : error;
}

/**
 * One request and its whole response, for factors that call a provider. It throws only if called inside a transaction.
 */
export type Exchange = (request: Pick<Post, 'url' | 'headers' | 'body'>) => Promise<Exchanged>;

/** `failure` is an error code without secrets, for the audit log. */
export type Exchanged = { readonly status: number; readonly text: string } | { readonly failure: string };

export function createExchange(options: Pick<Post, 'deadline' | 'ca'>): Exchange {
  return async (request) => {
    refuseInTransaction('an HTTP request');
    try {
      const response = await post({ ...request, ...options });
      return { status: response.status, text: await readText(response) };
    } catch (error) {
      return { failure: errorCode(error) };
    }
  };
}
