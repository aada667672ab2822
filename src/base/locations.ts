/** The forms in which operators and applications write the locations of servers. */

export const hostForm = 'host names, each with :PORT where it is not 443';

export const isHost = (text: string): boolean => URL.parse(`https://${text}`)?.host === text;

export const baseUrlForm = 'http:// or https:// and a host';

/** A public base URL, with a path or without. */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text);
}

export const originForm = 'origins such as https://app.example.com, without a path, or *';

/** An exact origin as browsers send it (RFC 6454 section 6.2), or `*` for all. */
export const isOrigin = (text: string): boolean =>
  text === '*' || (/^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text);
