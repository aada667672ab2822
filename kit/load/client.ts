import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Ask = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
};

export type Answer = {
  readonly status: number;
  /** The status line and the headers. */
  readonly head: string;
  readonly text: string;
};

/** A persistent connection, with one request at a time. */
export type Connection = {
  ask(request: Ask | Buffer): Promise<Answer>;
  close(): void;
};

/**
 * A client for measurements: it uses so little CPU that it measures the server also on the same machine. It reads only HTTP/1.1 answers with a
 * Content-Length.
 */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const next = reader(socket);
  return {
    async ask(request) {
      const answer = next();
      socket.write(Buffer.isBuffer(request) ? request : bytesOf(request, host));
      return answer;
    },
    close: () => socket.destroy(),
  };
}

/** A request as bytes, to be sent many times. */
export function bytesOf({ method, path, headers = {}, json }: Ask, host: string): Buffer {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const sent =
    body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const lines = Object.entries({ Host: host, ...sent, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const verb = method ?? (body === undefined ? 'GET' : 'POST');
  return Buffer.from(`${verb} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}

function reader(socket: Socket): () => Promise<Answer> {
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let read: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const answer = parse(read);
    if (!answer) return;
    read = Buffer.alloc(0);
    waiting?.resolve(answer);
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => {
    const where = read.length === 0 ? '' : ' in the middle of an answer';
    waiting?.reject(new Error(`the server closed the connection${where}`));
  });
  return () => (waiting = Promise.withResolvers<Answer>()).promise;
}

function parse(read: Buffer): Answer | undefined {
  const end = read.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = read.toString('latin1', 0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const status = Number(head.slice(9, 12));
  if (length === undefined && status !== 204) throw new Error(`an answer without Content-Length:\n${head}`);
  const size = end + 4 + Number(length ?? 0);
  return read.length < size ? undefined : { status, head, text: read.toString('utf8', end + 4, size) };
}

/** The Cookie header for the cookies that an answer sets. */
export function cookieOf({ head }: Answer): string {
  const set = head.matchAll(/\r\nset-cookie: ([^;\r]+)/gi);
  return [...set].map(([, pair = '']) => pair).join('; ');
}

export const basic = (name: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
});

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
