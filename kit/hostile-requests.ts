/** Malformed and abusive requests as bytes, with the answers that are allowed. */
import { once } from 'node:events';
import { connect } from 'node:net';

export type HostileRequest = {
  readonly name: string;
  readonly bytes: string;
  /** Sent again and again until the connection closes. */
  readonly endless?: string;
  /** The statuses of all answers, in their order, before the server closes the connection. */
  readonly answers: readonly number[];
};

/** Takes the place of a secret in each request, and must be in no log. */
export const marker = 'S3cr3tOfSomebodyWhoIsNoFriend';

const close = 'Host: a\r\nConnection: close\r\n';
const json = `${close}Content-Type: application/json\r\n`;
const auth = `Authorization: Bearer ${marker}\r\n`;
const alive = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';

const post = (body: string, headers = `Content-Length: ${body.length}\r\n`) =>
  `POST /auth/totp HTTP/1.1\r\n${json}${auth}${headers}\r\n${body}`;
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\n${close}${headers}\r\n`;
const chunked = 'Transfer-Encoding: chunked\r\n';

/** Wrong framing, which two servers in a row could parse differently. Bytes after it are not parsed as a request. */
const framing: readonly HostileRequest[] = [
  ['a length and chunks', post(`0\r\n\r\n${alive}`, `Content-Length: 5\r\n${chunked}`)],
  ['two lengths', post(`{}${alive}`, 'Content-Length: 2\r\nContent-Length: 3\r\n')],
  ['a negative length', post('{}', 'Content-Length: -2\r\n')],
  ['a length with a sign', post('{}', 'Content-Length: +2\r\n')],
  ['a length that is too large', post('{}', `Content-Length: ${'9'.repeat(40)}\r\n`)],
  ['an unknown transfer coding', post(alive, 'Transfer-Encoding: chunked, cow\r\n')],
  ['chunked, but not at last', post(alive, 'Transfer-Encoding: chunked, identity\r\n')],
  ['a space before a colon', get('/health/live', 'Content-Length : 5\r\n')],
  ['lines that end with LF alone', get('/health/live').replaceAll('\r\n', '\n')],
  ['a header with a continuation line', get('/health/live', 'A: b\r\n c\r\n')],
  ['a zero byte in a header', get('/health/live', 'A: b\0c\r\n')],
  ['two Host headers', get('/health/live', 'Host: b\r\n')],
  ['two equal Host headers', get('/health/live', 'Host: a\r\n')],
  ['no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an unknown method', `COW /health/live HTTP/1.1\r\n${close}\r\n`],
].map(([name = '', bytes = '']) => ({ name, bytes, answers: [400] }));

const sizes: readonly HostileRequest[] = [
  { name: 'a header of 20 kB', bytes: get('/health/live', `A: ${marker.repeat(700)}\r\n`), answers: [431] },
  { name: 'thousands of headers', bytes: get('/health/live', 'A: b\r\n'.repeat(5000)), answers: [431] },
  { name: 'a path of 20 kB', bytes: get(`/${marker.repeat(700)}`), answers: [431] },
  { name: 'a path of 14 kB', bytes: get(`/${marker.repeat(490)}`), answers: [404] },
  { name: 'a query of 14 kB', bytes: get(`/auth/totp?jwt_token=${marker.repeat(490)}`), answers: [405] },
  {
    name: 'a body of gigabytes',
    bytes: post('{"token": "', 'Content-Length: 10000000000\r\n'),
    endless: marker,
    answers: [413],
  },
  {
    name: 'chunks without end',
    bytes: post(`b\r\n{"token": "\r\n`, chunked),
    endless: `1d\r\n${marker}\r\n`,
    answers: [413],
  },
  {
    name: 'a body without end where none is read',
    bytes: `GET /health/live HTTP/1.1\r\n${close}${chunked}\r\n`,
    endless: `1d\r\n${marker}\r\n`,
    answers: [200],
  },
];

const deep = 10_000;
const bodies: readonly HostileRequest[] = [
  { name: 'a chunk size that is not a number', bytes: post(`zz\r\n${alive}`, chunked), answers: [400] },
  { name: 'a chunk size that is too large', bytes: post(`${'f'.repeat(17)}\r\n{}`, chunked), answers: [400] },
  { name: 'a chunk that is longer than it says', bytes: post(`2\r\n{}{}\r\n0\r\n\r\n`, chunked), answers: [400] },
  {
    name: 'a chunk with 20 kB of extensions',
    bytes: post(`2;${'a'.repeat(20_000)}\r\n{}\r\n`, chunked),
    answers: [413],
  },
  {
    name: 'trailers of 20 kB',
    bytes: post(`2\r\n{}\r\n0\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, chunked),
    answers: [431],
  },
  { name: 'JSON that nests 10,000 deep', bytes: post('['.repeat(deep) + ']'.repeat(deep)), answers: [400] },
  { name: 'JSON that opens and never closes', bytes: post('{"a":'.repeat(deep)), answers: [400] },
  { name: 'an object with a million members', bytes: post(objectOf(1_000_000)), answers: [413] },
  { name: 'an object with thousands of members', bytes: post(objectOf(5000)), answers: [400] },
  { name: 'a number with 60,000 digits', bytes: post(`{"token": ${'9'.repeat(60_000)}}`), answers: [400] },
  { name: 'a number out of range', bytes: post('{"token": 1e999}'), answers: [400] },
  { name: 'text that is not UTF-8', bytes: post('{"token": "\xff\xfe"}'), answers: [400] },
  { name: 'a compressed body', bytes: post('{}', 'Content-Encoding: gzip\r\nContent-Length: 2\r\n'), answers: [415] },
  {
    name: 'a form with files',
    bytes: `POST /auth/totp HTTP/1.1\r\n${close}Content-Type: multipart/form-data; boundary=a\r\nContent-Length: 5\r\n\r\n--a--`,
    answers: [415],
  },
];

const protocol: readonly HostileRequest[] = [
  { name: 'CONNECT', bytes: `CONNECT a:443 HTTP/1.1\r\n${close}\r\n`, answers: [] },
  { name: 'TRACE', bytes: `TRACE /health/live HTTP/1.1\r\n${close}${auth}\r\n`, answers: [405] },
  { name: 'OPTIONS *', bytes: `OPTIONS * HTTP/1.1\r\n${close}\r\n`, answers: [400] },
  { name: 'a path of another server', bytes: get('http://elsewhere.example/health/live'), answers: [200] },
  { name: 'a malformed path', bytes: get('/users/%zz%'), answers: [401] },
  {
    name: 'an upgrade to another protocol',
    bytes: get('/health/live', 'Upgrade: websocket\r\n').replace('close', 'Upgrade, close'),
    answers: [200],
  },
  { name: 'an unknown expectation', bytes: get('/health/live', 'Expect: cows\r\n'), answers: [417] },
  {
    name: 'as many pipelined requests as are allowed',
    bytes: alive.repeat(7) + get('/health/live'),
    answers: Array.from({ length: 8 }, () => 200),
  },
  { name: 'more pipelined requests than are allowed', bytes: alive.repeat(9), answers: [] },
  { name: 'a malformed request after a request', bytes: `${alive}COW\r\n\r\n`, answers: [] },
  {
    name: 'an unknown expectation after a request',
    bytes: alive + get('/health/live', 'Expect: cows\r\n'),
    answers: [],
  },
];

export const hostileRequests: readonly HostileRequest[] = [...framing, ...sizes, ...bodies, ...protocol];

function objectOf(members: number): string {
  return `{${Array.from({ length: members }, (_, at) => `"m${at}":0`).join()}}`;
}

/** Sends the bytes, and reads until the server closes the connection. */
export async function sendRaw(port: number, { bytes, endless }: Pick<HostileRequest, 'bytes' | 'endless'>) {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let sent = 0;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // The server may close the connection in the middle of a write.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  if (endless !== undefined) {
    const piece = Buffer.from(endless.repeat(1000), 'latin1');
    const goOn = () => {
      while (!socket.destroyed && socket.writable) {
        sent += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', goOn);
    goOn();
  }
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  return { answers: [...answersIn(text)], text, sent };
}

/** Splits the answers of a connection by their Content-Length. */
function* answersIn(text: string): Generator<{ readonly status: number; readonly body: string }> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at) + 4;
    const head = text.slice(at, end);
    const [, status] = /^HTTP\/1\.1 ([2-5]\d\d) /.exec(head) ?? [];
    if (status === undefined || end < 4) throw new Error(`not an answer: ${text.slice(at, at + 200)}`);
    const [, length = '0'] = /^content-length: (\d+)\r$/im.exec(head) ?? [];
    at = end + Number(length);
    yield { status: Number(status), body: text.slice(end, at) };
  }
}
