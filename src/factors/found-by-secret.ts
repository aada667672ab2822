import { z } from 'zod';
import { refuse, success } from '../base/outcome.ts';
import { sameText } from '../base/seal.ts';
import type { FactorContext, Verdict } from './factor.ts';

/** Shared by factors whose secret is long and random enough to be stored as a keyed hash and looked up by it. */
export function foundBySecret(context: string, amr: readonly string[]) {
  const state = z.strictObject({ hash: z.string() });
  type State = z.infer<typeof state>;
  const lookups = (secret: string, { safe }: FactorContext) => safe.macs(context, secret);
  return {
    state,
    lookups,
    hashOf: (secret: string, { safe }: FactorContext) => safe.mac(context, secret),
    verify: (given: { readonly state: State; readonly response: string }, ctx: FactorContext): Verdict<State> => {
      const isRight = lookups(given.response, ctx).some((hash) => sameText(hash, given.state.hash));
      return isRight ? success({ amr, factors: 1, phishingResistant: false }) : refuse('wrong');
    },
  };
}
