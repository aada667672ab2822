export type Granted = {
  readonly state: 'granted';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Only for clients with the refresh grant. */
  readonly refreshToken: string | undefined;
  readonly scope: string;
};

/**
 * The requested scope, or the allowed scope if none is requested; undefined if the request exceeds it (RFC 6749 section
 * 3.3).
 */
export function narrowScope(allowed: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return allowed;
  const allowedWords = new Set(words(allowed));
  return words(wanted).every((word) => allowedWords.has(word)) ? words(wanted).join(' ') : undefined;
}

const words = (scope: string) => scope.split(' ').filter((word) => word !== '');
