import assert from 'node:assert/strict';
import {
  findAuthenticator,
  insertAuthenticator,
  type Authenticator,
  type NewAuthenticator,
} from '../../src/store/authenticators.ts';
import type { Store } from '../../src/store/store.ts';
import type { TestEngine } from '../../kit/test-engine.ts';

export const now = Date.parse('2026-11-21T12:00:00Z');
export const later = now + 60_000;

type Made = Partial<NewAuthenticator> & { readonly id: string; readonly userId: string };

/** Writes an authenticator and reads it back as it is judged. */
export async function make(store: Store, { id, userId, ...more }: Made): Promise<Authenticator> {
  const made: NewAuthenticator = {
    id,
    userId,
    kind: 'totp',
    label: null,
    state: { step: 1 },
    status: 'active',
    ...more,
  };
  await insertAuthenticator(store, made, now);
  return found(store, made);
}

export async function found(store: Store, { id, userId }: { id: string; userId: string }): Promise<Authenticator> {
  const authenticator = await findAuthenticator(store, userId, id, now);
  assert.ok(authenticator);
  return authenticator;
}

export const pending = (expiresAt: number) => ({ status: 'pending' as const, expiresAt });

export const ids = (authenticators: readonly Authenticator[]) => authenticators.map(({ id }) => id);

export async function people(engine: TestEngine): Promise<readonly [string, string]> {
  return [(await engine.addUser({ name: 'ada' })).id, (await engine.addUser({ name: 'bob' })).id];
}
