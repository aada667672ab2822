import { once } from 'node:events';
import { request as plainly, type IncomingMessage } from 'node:http';
import { request as overTls } from 'node:https';
import { errorCode } from './error-code.ts';
import { refuseInTransaction } from './transaction.ts';

/** No answer that we understand is longer. */
const longestAnswer = 64 * 1024;

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until the last byte of the answer. */
  readonly deadline: number;
  /** Certificates in PEM that are trusted in the place of the system's. */
  readonly ca?: string | undefined;
};

/** An answer whose text is still to be read, or to be ignored. */
export type Answer = { readonly status: number; readonly body: IncomingMessage; readonly signal: AbortSignal };

/**
 * Posts to a gateway or a provider. A redirect is an answer like any other: what was meant for one host is never sent to the next.
 * Throws when no answer comes, and `readText` throws when it does not end. Node's own `fetch` can't be told whom to trust.
 */
export async function post({ url, headers, body, deadline, ca }: Post): Promise<Answer> {
  const signal = AbortSignal.timeout(deadline);
  const request = url.startsWith('https:') ? overTls : plainly;
  const options = { method: 'POST', headers: { 'user-agent': 'countersign', ...headers }, signal };
  const asked = request(url, ca === undefined ? options : { ...options, ca });
  // What breaks after the answer has begun breaks its body, whose reader is told. Without a listener here it would end the process.
  asked.on('error', () => undefined);
  try {
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, body: answer, signal };
  } catch (error) {
    throw causeOf(error, signal);
  }
}

/** The text of an answer, still under the deadline of its request. Throws when it is too long. */
export async function readText({ body, signal }: Answer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > longestAnswer) throw new RangeError('the answer is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    throw causeOf(error, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Leaves an answer unread, so that its connection does not wait for us. */
export function ignoreText({ body }: Answer): void {
  body.destroy();
}

/** A connection that the deadline has cut is reported as reset. */
function causeOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? signal.reason : error;
}

/** One request and the whole of its answer, for factors that call a provider. It throws in a transaction and nowhere else. */
export type Exchange = (asked: Pick<Post, 'url' | 'headers' | 'body'>) => Promise<Exchanged>;

/** `failure` is a code that may be shown to the operator. */
export type Exchanged = { readonly status: number; readonly text: string } | { readonly failure: string };

export function createExchange(way: Pick<Post, 'deadline' | 'ca'>): Exchange {
  return async (asked) => {
    refuseInTransaction('an exchange with a server');
    try {
      const answer = await post({ ...asked, ...way });
      return { status: answer.status, text: await readText(answer) };
    } catch (error) {
      return { failure: errorCode(error) };
    }
  };
}
