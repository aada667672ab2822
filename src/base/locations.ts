/** Where databases and servers are, as operators and embedders write it. */

export const databaseForm =
  'sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters percent-encoded';

export const isDatabaseUrl = (text: string): boolean =>
  /^sqlite:./.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text));

export const hostForm = 'host names, each with :PORT where it is not 443';

export const isHost = (text: string): boolean => URL.parse(`https://${text}`)?.host === text;

export const baseUrlForm = 'http:// or https:// and a host';

/** A public base URL, with a path or without. */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text);
}
