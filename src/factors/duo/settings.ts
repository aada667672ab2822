import { z } from 'zod';
import { isLoopback } from '../../base/network.ts';

/** Members that are never shown again once they are set. */
export const duoSecrets = ['secret_key', 'application_secret_key'] as const;

/** Duo's own hosts: those of its commercial and of its federal cloud. */
const duoHost = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:duosecurity|duofederal)\.com$/;

/** A key of visible ASCII characters, as Duo or an administrator creates it. */
function key(lengths: string, words: string): z.ZodString {
  return z.string(words).regex(new RegExp(`^[!-~]{${lengths}}$`), words);
}

const page = 'must be an https:// URL, or one on this machine, without a fragment';

const redirectUri = z
  .string(page)
  .max(1024, page)
  .refine((text) => {
    const url = URL.parse(text);
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
    return isSafe && !text.includes('#') && url.username === '' && url.password === '';
  }, page);

function seconds(standard: number): z.ZodDefault<z.ZodInt> {
  const words = 'must be a whole number of seconds, at most a day';
  return z.int(words).min(1, words).max(86_400, words).default(standard);
}

/**
 * The settings that an administrator writes for Duo. `allowedHosts` are hosts (`host` or `host:port`, as in a URL) that
 * the operator allows in place of Duo's. Tenants choose the host and the server posts to it, so others are rejected.
 */
export function duoSettings(allowedHosts: readonly string[] = []) {
  const host = 'must be a host of Duo in lower case, such as api-xxxxxxxx.duosecurity.com';
  const signed = 'must be 20 characters, without |';
  return z.strictObject({
    /** Also the client id. It has no `|`, because that separates the fields of the signed text. */
    integration_key: key('20', signed).regex(/^[^|]*$/, signed),
    secret_key: key('40', 'must be 40 characters'),
    /** Known to Countersign only, not to Duo. If it is set, the Web SDK is used, otherwise the Universal Prompt. */
    application_secret_key: key('40,512', 'must be 40 characters or more').optional(),
    api_hostname: z.string(host).refine((text) => {
      if (text.length <= 253 && duoHost.test(text)) return true;
      return allowedHosts.includes(text) && URL.parse(`https://${text}`)?.host === text;
    }, host),
    /** Seconds in which Duo accepts the request. */
    duo_expire: seconds(300),
    /** Seconds in which the response must arrive. */
    app_expire: seconds(3600),
    /** The page to which the Universal Prompt sends the user back, with `state` and `duo_code` in the query. */
    redirect_uri: redirectUri.optional(),
  });
}

export type DuoSettings = z.infer<ReturnType<typeof duoSettings>>;
