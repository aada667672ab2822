import { apikey } from './apikey.ts';
import { backup } from './backup.ts';
import { device } from './device.ts';
import { email } from './email.ts';
import type { Factor } from './factor.ts';
import { password } from './password.ts';
import { recovery } from './recovery.ts';
import { sms } from './sms.ts';
import { totp } from './totp.ts';

/** Every factor of the house. A new one is a file beside these and a word in this list. */
export const factors = { password, apikey, device, totp, sms, email, recovery, backup } satisfies Record<
  string,
  Factor
>;

export type Kind = keyof typeof factors;

/** The factor of a stored kind. One that this program does not know, such as a newer version's, is a fault: it never passes. */
export function factorOf(kind: string): Factor {
  if (!isKind(kind)) throw new Error(`no factor is called ${kind}`);
  return factors[kind];
}

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(factors, kind);
}
