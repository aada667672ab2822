import { apikey } from './apikey.ts';
import { backup } from './backup.ts';
import type { Factor } from './define-factor.ts';
import { device } from './device.ts';
import { duo } from './duo/index.ts';
import type { FactorRole } from './factor.ts';
import { password } from './password.ts';
import { recovery } from './recovery.ts';
import { email } from './sent-code/email.ts';
import { sms } from './sent-code/sms.ts';
import { totp } from './totp.ts';

/**
 * Every factor. To add one, add its file to this folder and its name to this list. If policy requires a second factor
 * and names none, the first one in this order that the system has enabled is used.
 */
export const factors = { password, apikey, device, duo, totp, sms, email, recovery, backup } satisfies Record<
  string,
  Factor
>;

export type Kind = keyof typeof factors;

/**
 * The factor of a stored kind. It throws if this version does not know the kind, so that the kind is never accepted.
 */
export function factorOf(kind: string): Factor {
  if (!isKind(kind)) throw new Error(`no factor is called ${kind}`);
  return factors[kind];
}

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(factors, kind);
}

export const hasRole = (kind: string, role: FactorRole) => factorOf(kind).traits.roles.includes(role);

/** The kinds of factor for which a condition holds, in the order of the list. */
export function kindsWhere(isMeant: (factor: Factor) => boolean): readonly Kind[] {
  return (Object.keys(factors) as Kind[]).filter((kind) => isMeant(factors[kind]));
}

/** Whether users enroll authenticators of a factor. If not, a provider verifies by itself. */
export const isEnrolled = (kind: string) => factorOf(kind).enroll !== undefined;

/** The kinds that an account or the system can configure, and that policy can require. */
export const providerKinds = () => kindsWhere(({ settings }) => settings !== undefined);

export const isProviderKind = (kind: string): kind is Kind => isKind(kind) && factorOf(kind).settings !== undefined;
