/** No answer that we understand is longer. */
const longestAnswer = 64 * 1024;

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until the last byte of the answer. */
  readonly deadline: number;
};

/**
 * Posts to a gateway. A redirect is an answer like any other: what was meant for one host is never sent to the next.
 * Throws when no answer comes, and `readText` throws when it does not end.
 */
export async function post({ url, headers, body, deadline }: Post): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(deadline) });
}

/** The text of an answer, still under the deadline of its request. Throws when it is too long. */
export async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const body: AsyncIterable<Uint8Array> = response.body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > longestAnswer) throw new RangeError('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Leaves an answer unread, so that its connection does not wait for us. */
export async function ignoreText(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** What a text says as JSON; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
