/** The forms in which operators and applications write the locations of servers. */

export const hostForm = 'host names, each with :PORT where it is not 443';

export const isHost = (text: string): boolean => URL.parse(`https://${text}`)?.host === text;

export const baseUrlForm = 'http:// or https:// and a host';

/** A public base URL, with a path or without. */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text);
}
