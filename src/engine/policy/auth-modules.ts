import type { Authenticator } from '../../store/authenticators.ts';
import { secondFactors } from './second-factors.ts';

/** The login methods that policy can configure. */
export const authModules = [
  'user_auth',
  'authtoken',
  'oauth2',
  'password',
  'apikey',
  'device',
  'passkey',
  'browser',
] as const;

export type AuthModule = (typeof authModules)[number];

export const isAuthModule = (text: string): text is AuthModule => authModules.some((name) => name === text);

/** Whether a login through the module requires a second factor of users who have one. */
const requiresSecondFactor: Record<AuthModule, boolean> = {
  user_auth: true,
  authtoken: true,
  oauth2: true,
  password: true,
  // A program cannot answer a challenge. Its key has 256 bits and is not shared.
  apikey: false,
  device: true,
  // A passkey whose user was verified is two factors.
  passkey: false,
  browser: true,
};

/** Modules whose logins are two factors by themselves, so that they are not open without a second one. */
export const provesTwoFactors = (name: AuthModule): boolean => name === 'passkey';

/** The authenticators of which one is required after the first factor; empty if none is required. */
export type Requirement = { readonly anyOf: readonly Authenticator[] };

/** The requirement of a module after the first factor, for a user with these authenticators. */
export function requirement(authModule: AuthModule, authenticators: readonly Authenticator[]): Requirement {
  return { anyOf: requiresSecondFactor[authModule] ? secondFactors(authenticators) : [] };
}

/** The module of a login: for an API key or a device secret, its own module; for a password, that of the route. */
export function moduleOf(door: AuthModule, kind: string): AuthModule {
  return isUnattended(kind) ? kind : door;
}

/** The kinds of secret with which a program may have logged in without a person. */
export const unattendedKinds = ['apikey', 'device'] as const;

/**
 * Whether logins of this module use an API key or a device secret, so that a program may have logged in without a
 * person.
 */
export const isUnattended = (authModule: string): authModule is (typeof unattendedKinds)[number] =>
  unattendedKinds.some((kind) => kind === authModule);
