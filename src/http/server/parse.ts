import { z } from 'zod';
import { shortened } from '../../base/text.ts';
import { wrongMembers, type WrongMember } from '../../base/wrong-members.ts';
import { parseStrictJson } from './strict-json.ts';
import type { ProblemCode } from '../problem-codes/index.ts';
import type { FieldError, Problem } from '../route.ts';

/** The result of a check: the parsed value, or the problem to answer with. */
export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem };

/** Bytes. */
const largestBody = 64 * 1024;

export const formType = 'application/x-www-form-urlencoded';

/** The body of a request, checked by a route's schema. Without a schema the body is not read. */
export async function readBody(schema: z.ZodType | undefined, request: Request, form?: true): Promise<Parsed> {
  const nothing = { ok: true, value: undefined } as const;
  if (!schema) return nothing;
  const read = await readGivenBody(schema, request, form);
  // A client may send any body with a request that needs none.
  return read.ok || !(schema instanceof z.ZodOptional) ? read : nothing;
}

async function readGivenBody(schema: z.ZodType, request: Request, form?: true): Promise<Parsed> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  const encoding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  const isForm = form === true && type === formType;
  const types = form ? `${formType} or application/json` : 'application/json';
  const wrongType = no(415, 'unsupported_media_type', `Send the body as ${types}, without content encoding.`);
  if ((type !== undefined && type !== 'application/json' && !isForm) || encoding !== 'identity') return wrongType;
  // A client that disconnects is not a fault of the server.
  const bytes = await readBytes(request).catch(() => 'broken off' as const);
  if (bytes === 'broken off') return no(400, 'incomplete_body', 'The connection ended before the body was complete.');
  if (!bytes) return no(413, 'content_too_large', `The body is larger than ${largestBody} bytes.`);
  if (bytes.length === 0) return check(schema, {});
  if (type === undefined) return wrongType;
  if (isForm) {
    const text = bytes.toString('utf8');
    return isLonger(text, maxPairs) ? tooManyPairs : readPairs(schema, text);
  }
  const json = parseStrictJson(bytes);
  if (!json.ok) return no(400, 'malformed_json', json.detail);
  return check(schema, json.value);
}

/** The query of a request, checked by a route's schema. */
export function readQuery(schema: z.ZodType | undefined, given: string): Parsed {
  if (isLonger(given, maxPairs)) return tooManyPairs;
  return schema ? readPairs(schema, given) : { ok: true, value: undefined };
}

/**
 * The most parameters in a form or a query; no dialect needs more than ten. They are counted before they are parsed, because parsing 30,000
 * of them costs more than most requests.
 */
const maxPairs = 64;

const tooManyPairs = no(400, 'invalid_request', `A form or a query has at most ${maxPairs} parameters.`);

/** Names and values. Unknown names are ignored; a name that appears more than once is refused (RFC 6749 section 3.2). */
function readPairs(schema: z.ZodType, given: string): Parsed {
  const pairs = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(given)) {
    if (pairs.has(name))
      return no(400, 'invalid_request', `The parameter ${JSON.stringify(shortened(name))} appears more than once.`);
    pairs.set(name, value);
  }
  return check(schema, Object.fromEntries(pairs));
}

function isLonger(text: string, most: number): boolean {
  let at = -1;
  for (let pairs = 0; pairs < most; pairs += 1) {
    at = text.indexOf('&', at + 1);
    if (at === -1) return false;
  }
  return true;
}

async function readBytes(request: Request): Promise<Buffer | undefined> {
  const announced = request.headers.get('content-length');
  if (announced !== null && Number(announced) <= largestBody) {
    // One read costs much less than many chunks. The server enforces the announced length.
    const bytes = Buffer.from(await request.arrayBuffer());
    return bytes.length > largestBody ? undefined : bytes;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // No reliable length was announced, so the bytes are counted as they arrive.
  const body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = request.body ?? [];
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largestBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function check(schema: z.ZodType, value: unknown): Parsed {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problem: invalid(wrongMembers(parsed.error, value)) };
}

/** How many wrong members a problem names, and in how many bytes, so that no request gets an answer of more than 8 KiB. */
const mostNamed = { members: 20, bytes: 3000 };

/** The problem that lists the first wrong members by their JSON Pointers. */
export function invalid(members: readonly WrongMember[]): Problem {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const { path, detail, missing } of members.slice(0, mostNamed.members)) {
    const error = { pointer: pointer(path), detail, missing };
    bytes += Buffer.byteLength(JSON.stringify(error));
    if (bytes > mostNamed.bytes) break;
    errors.push(error);
  }
  const named = errors.map((error) => `${error.pointer || 'the body'}: ${error.detail}`);
  const left = members.length - errors.length;
  const detail = [...named, ...(left > 0 ? [`${left} more`] : [])].join('; ');
  return { status: 400, code: 'invalid_request', detail, errors };
}

/** A JSON Pointer (RFC 6901). A long name, which can only be the client's own, is cut. */
const pointer = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${shortened(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function no(status: number, code: ProblemCode, detail: string): Parsed {
  return { ok: false, problem: { status, code, detail } };
}
