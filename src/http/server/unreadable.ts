import { STATUS_CODES } from 'node:http';
import { problem } from '../errors/problem.ts';
import { write, type Origin } from './respond.ts';
import type { Problem } from '../route.ts';

/** By the codes of Node's errors; what is not among them is no HTTP/1.1. */
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

const noHttp: Problem = {
  status: 400,
  code: 'invalid_request',
  detail: 'The request is not HTTP/1.1, or its framing is invalid (RFC 9112).',
};

/** An `Expect` header says more than `100-continue` (RFC 9110 section 10.1.1). */
export const unmetExpectation: Problem = {
  status: 417,
  code: 'expectation_failed',
  detail: 'Only `100-continue` is supported as an expectation.',
};

/** What Node's parser gave up, by the code of its error. */
export const unreadable = (code: string | undefined): Problem => problems[code ?? ''] ?? noHttp;

/** As it goes over the wire: in the form of RFC 9457, for there is no door yet whose dialect it could be in. The connection ends with it. */
export function refusalOf(what: Problem, origin: Origin): string {
  const { status, headers, content = '' } = write(problem(what), origin);
  const own = { 'Content-Length': Buffer.byteLength(content), Connection: 'close' };
  const lines = Object.entries({ ...headers, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${content}`;
}
