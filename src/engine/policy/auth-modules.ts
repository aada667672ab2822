import type { Authenticator } from '../../store/authenticators.ts';
import { secondFactors } from './second-factors.ts';

/** A way in that policy can speak about. */
export const authModules = ['user_auth', 'authtoken', 'oauth2', 'password', 'apikey', 'device'] as const;

export type AuthModule = (typeof authModules)[number];

export const isAuthModule = (text: string): text is AuthModule => authModules.some((name) => name === text);

/** Whether a login through this module is asked for a second factor when its user has one. */
const asks: Record<AuthModule, boolean> = {
  user_auth: true,
  authtoken: true,
  oauth2: true,
  password: true,
  // A program cannot answer. Its key has 256 bits and was made for it alone.
  apikey: false,
  device: true,
};

/** What is needed beyond the first factor: nothing, or any of these authenticators. */
export type Requirement = { readonly anyOf: readonly Authenticator[] };

/** Decides, from what the user has at this moment, what a login through `authModule` still needs. */
export function requirement(authModule: AuthModule, authenticators: readonly Authenticator[]): Requirement {
  return { anyOf: asks[authModule] ? secondFactors(authenticators) : [] };
}

/** A key of its own kind is a module of its own, whatever door it came through; a password is its door's. */
export function moduleOf(door: AuthModule, kind: string): AuthModule {
  return isUnattended(kind) ? kind : door;
}

/** Whether a session of this auth module was made with an apikey or a device secret: no person need have been there. */
export const isUnattended = (authModule: string): authModule is 'apikey' | 'device' =>
  authModule === 'apikey' || authModule === 'device';
