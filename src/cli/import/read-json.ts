import { z } from 'zod';
import { parseStrictJson } from '../../http/server/strict-json.ts';

/** Said of a source in words that are ours alone: what stands in it may be secret, and there may be any number of different mistakes. */
export const notJson = 'is no JSON that two programs read alike (RFC 7493)';
export const tooLong = (bytes: number) => `is longer than ${bytes / 1024} KiB`;

/** What is wrong with an entry: the member, and what is to be said of it; no value, no place in a list. */
export function complaintOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.filter((part) => typeof part === 'string').join('.') ?? '';
  const what = issue?.code === 'unrecognized_keys' ? 'holds a member that has no meaning here' : (issue?.message ?? '');
  return path === '' ? what : `${path}: ${what}`;
}

/** The name in an entry that is not read otherwise. Without a name it may be about any user, so none is imported. */
export function nameIn(entry: unknown, member: string): { readonly name: string } | { readonly what: 'source' } {
  const name = z.record(z.string(), z.unknown()).safeParse(entry).data?.[member];
  return typeof name === 'string' ? { name } : { what: 'source' };
}

/** JSON that stands as text inside other JSON; undefined where it is none, or not of this form. */
export function parsedAs<Value>(schema: z.ZodType<Value>, text: string | undefined): Value | undefined {
  const json = parseStrictJson(Buffer.from(text ?? ''));
  return json.ok ? schema.safeParse(json.value).data : undefined;
}
