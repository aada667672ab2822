import type { OAuthClient } from '../../store/clients.ts';
import type { Session } from '../../store/sessions.ts';

/** The scopes of OAuth2 clients: `mfa` manages the user's own second factors, `manage` administers. */
export const scopes = ['mfa', 'manage'] as const;

export type Scope = (typeof scopes)[number];

/** The scope that an operation requires of a client's session, or none. */
export type NeededScope = Scope | 'none';

/** The known scopes among space-separated words. Other words mean nothing here. */
export function scopesIn(words: string): readonly Scope[] {
  const given = new Set(words.split(' '));
  return scopes.filter((scope) => given.has(scope));
}

/** The part of a session's scope that its client may still have. The scope of a client of version 0.1.0 is kept. */
export function scopeWithin({ scopes: most }: Pick<OAuthClient, 'scopes'>, scope: string): string {
  if (!most) return scope;
  return scopesIn(scope)
    .filter((one) => most.includes(one))
    .join(' ');
}

/** Whether a session may do what needs a scope. Undefined is for operations that are closed to clients. */
export function hasScope(
  { clientId, scope }: Pick<Session, 'clientId' | 'scope'>,
  needed: NeededScope | undefined,
): boolean {
  if (clientId === null || needed === 'none') return true;
  return needed !== undefined && scopesIn(scope ?? '').includes(needed);
}
