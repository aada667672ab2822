import { z } from 'zod';
import { SetupError } from '../base/fault.ts';
import { isLoopback } from '../base/network.ts';

/** Milliseconds for the whole exchange with a gateway, from the DNS lookup to the last byte. */
export const deadline = z
  .int('must be a number of seconds')
  .min(1, 'must be more than 0 s')
  .max(60_000, 'must be at most 60 s')
  .default(10_000);

/** A URL to which codes and credentials may be posted: over TLS, or to this machine. */
export const httpUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}, 'must be an https URL');

/** Parses settings. An error names the members and repeats no value, because any value may be a secret. */
export function readSettings<Settings>(schema: z.ZodType<Settings>, given: unknown, gateway: string): Settings {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ code, path, message }) =>
    code === 'unrecognized_keys' ? 'has an unknown setting' : [path.join('.'), message].join(' ').trim(),
  );
  throw new SetupError(`the settings of the ${gateway} gateway are invalid: ${wrong.join('; ')}`);
}
