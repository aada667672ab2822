import { z } from 'zod';
import { parseStrictJson } from '../../http/server/strict-json.ts';

/** Messages about a source never quote it, because it may be secret. */
export const notJson = 'is not valid I-JSON (RFC 7493)';
export const tooLong = (bytes: number) => `is longer than ${bytes / 1024} KiB`;

/** The problem of an entry: its member and the message, without values and indexes. */
export function problemIn(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.filter((part) => typeof part === 'string').join('.') ?? '';
  const what = issue?.code === 'unrecognized_keys' ? 'has an unknown member' : (issue?.message ?? '');
  return path === '' ? what : `${path}: ${what}`;
}

/** The name in an entry that cannot be read otherwise. Without a name it may be about any user, so none is imported. */
export function nameIn(entry: unknown, member: string): { readonly name: string } | { readonly what: 'source' } {
  const name = z.record(z.string(), z.unknown()).safeParse(entry).data?.[member];
  return typeof name === 'string' ? { name } : { what: 'source' };
}

/** JSON in a string of other JSON; undefined if it is invalid or has another form. */
export function parsedAs<Value>(schema: z.ZodType<Value>, text: string | undefined): Value | undefined {
  const json = parseStrictJson(Buffer.from(text ?? ''));
  return json.ok ? schema.safeParse(json.value).data : undefined;
}
