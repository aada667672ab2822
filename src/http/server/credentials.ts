import { utf8Of } from '../../base/text.ts';

/** What a request shows of itself: a token, nothing, or something that can't be read as either. */
export type ShownCredential = { readonly token: string } | 'nothing' | 'unreadable';

/** The access token of a request: `Authorization: Bearer T`, `Token T`, `JWT T` (in any case) or `X-Auth-Token: T`, and only one of them. */
export function shownToken(headers: Headers): ShownCredential {
  const authorization = headers.get('authorization');
  const xAuthToken = headers.get('x-auth-token');
  if (authorization === null) return xAuthToken === null ? 'nothing' : { token: xAuthToken };
  const token = /^(?:bearer|token|jwt) +([^\s,]+)$/i.exec(authorization)?.[1];
  if (token === undefined || (xAuthToken !== null && xAuthToken !== token)) return 'unreadable';
  return { token };
}

/** The name and secret of HTTP Basic (RFC 7617), in UTF-8, or undefined. */
export function basicCredentials(headers: Headers): { readonly login: string; readonly secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = utf8Of(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  const login = text.slice(0, colon);
  // A name holds no control character (RFC 7617 section 2), and PostgreSQL no NUL. A password may: those are somebody's own affair.
  return /\p{Cc}/u.test(login) ? undefined : { login, secret: text.slice(colon + 1) };
}
