import { z } from 'zod';
import { isLoopback } from '../../base/text.ts';

/** Members that are shown to nobody once they are set. */
export const duoSecrets = ['secret_key', 'application_secret_key'] as const;

/** Hosts of Duo's own: of its cloud and of its federal one. */
const duoHost = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:duosecurity|duofederal)\.com$/;

/** Characters that can be seen, written once for every key that Duo or an administrator makes. */
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
 * What an administrator sets up to have Duo as a provider. `allowedHosts` are hosts (`host` or `host:port`, as a URL has them) that the
 * operator lets stand in for Duo's: tenants choose the host, and the house posts to it.
 */
export function duoSettings(allowedHosts: readonly string[] = []) {
  const host = 'must be a host of Duo in lower case, such as api-xxxxxxxx.duosecurity.com';
  const signed = 'must be 20 characters, without |';
  return z.strictObject({
    /** Also the client id. It stands between separators in what is signed. */
    integration_key: key('20', signed).regex(/^[^|]*$/, signed),
    secret_key: key('40', 'must be 40 characters'),
    /** Known to this house alone, not to Duo. Where it is set the Web SDK is spoken, and otherwise the Universal Prompt. */
    application_secret_key: key('40,512', 'must be 40 characters or more').optional(),
    api_hostname: z.string(host).refine((text) => {
      if (text.length <= 253 && duoHost.test(text)) return true;
      return allowedHosts.includes(text) && URL.parse(`https://${text}`)?.host === text;
    }, host),
    /** Seconds in which Duo takes the request up. */
    duo_expire: seconds(300),
    /** Seconds in which the response comes back. */
    app_expire: seconds(3600),
    /** Where the Universal Prompt sends the person back to, with `state` and `duo_code` in the query. */
    redirect_uri: redirectUri.optional(),
  });
}

/** Checked settings of a provider. */
export type DuoSettings = z.infer<ReturnType<typeof duoSettings>>;
