import { STATUS_CODES } from 'node:http';
import { problem } from '../errors/problem.ts';
import { write, type Origin } from './respond.ts';
import type { Problem } from '../route.ts';

/** Problems by the codes of Node's errors. Any other code means that the request is not HTTP/1.1. */
const problems: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    detail: 'The request timed out before it was complete.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'content_too_large',
    detail: 'The extensions of the chunks are larger than 16 KiB.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers_too_large',
    detail: 'The request line and the headers are larger than 16 KiB.',
  },
};

const notHttp: Problem = {
  status: 400,
  code: 'invalid_request',
  detail: 'The request is not HTTP/1.1, or its framing is invalid (RFC 9112).',
};

/** For an `Expect` header with more than `100-continue` (RFC 9110 section 10.1.1). */
export const unmetExpectation: Problem = {
  status: 417,
  code: 'expectation_failed',
  detail: 'Only `100-continue` is supported as an expectation.',
};

/** The problem for an error of Node's parser, by the error's code. */
export const unreadable = (code: string | undefined): Problem => problems[code ?? ''] ?? notHttp;

/** The text of the answer, in the form of RFC 9457, because no dialect is known yet. The connection closes after it. */
export function refusalOf(what: Problem, origin: Origin): string {
  const { status, headers, content = '' } = write(problem(what), origin);
  const own = { 'Content-Length': Buffer.byteLength(content), Connection: 'close' };
  const lines = Object.entries({ ...headers, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${content}`;
}
