import { utf8Of } from '../../base/text.ts';

/** The credential of a request: a token, nothing, or a header that cannot be read as either. */
export type ShownCredential = { readonly token: string } | 'nothing' | 'unreadable';

/** The access token of a request: `Authorization: Bearer T`, `Token T`, `JWT T` (in any case) or `X-Auth-Token: T`. Only one may be present. */
export function shownToken(headers: Headers): ShownCredential {
  const authorization = headers.get('authorization');
  const xAuthToken = headers.get('x-auth-token');
  if (authorization === null) return xAuthToken === null ? 'nothing' : { token: xAuthToken };
  const token = /^(?:bearer|token|jwt) +([^\s,]+)$/i.exec(authorization)?.[1];
  if (token === undefined || (xAuthToken !== null && xAuthToken !== token)) return 'unreadable';
  return { token };
}

/** The name and secret of HTTP Basic (RFC 7617) in UTF-8; undefined without them, or beside another credential. */
export function basicCredentials(headers: Headers): { readonly login: string; readonly secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (encoded === undefined || headers.has('x-auth-token')) return undefined;
  const text = utf8Of(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  const login = text.slice(0, colon);
  // RFC 7617 section 2 allows no control character in a name, and PostgreSQL stores no NUL. A password may contain them.
  return /\p{Cc}/u.test(login) ? undefined : { login, secret: text.slice(colon + 1) };
}
