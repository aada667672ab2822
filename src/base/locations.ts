/** The forms in which operators and applications write the locations of servers. */

export const hostForm = 'host names, each with :PORT where it is not 443';

export const isHost = (text: string): boolean => URL.parse(`https://${text}`)?.host === text;

export const baseUrlForm = 'http:// or https:// and a host, with or without a path of letters, digits, -, ., _ and ~';

/** A public base URL. Its path needs no percent-encoding, so that it has one spelling in links, requests and the configuration of proxies. */
export function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || /[?#@\\\s]/.test(text)) return false;
  return /^https?:$/.test(url.protocol) && /^(?:\/[\w.~-]+)*\/?$/.test(url.pathname);
}

export const originForm = 'origins such as https://app.example.com, without a path, or *';

/** An exact origin as browsers send it (RFC 6454 section 6.2), or `*` for all. */
export const isOrigin = (text: string): boolean =>
  text === '*' || (/^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text);

/** The path of a base URL without a slash at the end; empty if it has none. */
export const basePathOf = (url: string): string => new URL(url).pathname.replace(/\/$/, '');
