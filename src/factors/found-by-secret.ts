import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import type { Help, Verdict } from './factor.ts';

/** What factors share whose secret is long and random enough to be kept as a keyed hash and found by it. */
export function foundBySecret(context: string) {
  const state = z.strictObject({ hash: z.string() });
  type State = z.infer<typeof state>;
  const lookups = (secret: string, { safe }: Help) => safe.macs(context, secret);
  return {
    state,
    lookups,
    hashOf: (secret: string, { safe }: Help) => safe.mac(context, secret),
    check: (current: State, secret: string, help: Help): Verdict<State> =>
      lookups(secret, help).some((hash) => sameText(hash, current.hash)) ? success(current) : refuse('wrong'),
  };
}
