export type Granted = {
  readonly state: 'granted';
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Only for clients that may refresh. */
  readonly refreshToken: string | undefined;
  readonly scope: string;
};

/** A wanted scope that is within what may be had; all of that when nothing is said (RFC 6749 section 3.3). */
export function narrow(allowed: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return allowed;
  const may = new Set(words(allowed));
  return words(wanted).every((word) => may.has(word)) ? words(wanted).join(' ') : undefined;
}

const words = (scope: string) => scope.split(' ').filter((word) => word !== '');
