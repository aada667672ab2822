import { z } from 'zod';
import type { RequestContext } from '../../../engine/context.ts';
import { browseAuthenticators, secondFactors } from '../../../engine/operations.ts';
import type { Caller } from '../../../engine/session/authenticate.ts';
import { factorOf } from '../../../factors/registry.ts';
import type { Authenticator } from '../../../store/authenticators.ts';
import { factorView, viewFactor } from '../shared/factor-view.ts';

/** Deux's view of a user's multi-factor authentication. */
export const statusView = z
  .strictObject({
    enabled: z.boolean(),
    challenge_type: z.string().optional(),
    phone_number: z.string().optional(),
    factors: z.array(factorView).optional(),
  })
  .meta({ id: 'MfaStatus' });

/** `challenge_type` is the factor that a login asks for first: the user's oldest. */
export async function statusOf(
  ctx: RequestContext,
  caller: Pick<Caller, 'userId'>,
): Promise<z.infer<typeof statusView>> {
  const factors = secondFactors(await browseAuthenticators(ctx, { id: caller.userId }));
  const [first] = factors;
  if (!first) return { enabled: false };
  const phone = factors.map(destinationOf).find((destination) => destination?.channel === 'sms');
  return {
    enabled: true,
    challenge_type: first.kind,
    ...(phone && { phone_number: phone.to }),
    factors: factors.map(viewFactor),
  };
}

const destinationOf = ({ kind, state }: Authenticator) => factorOf(kind).destination?.(state);
