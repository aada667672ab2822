import { refuse, success, type Outcome } from '../../base/outcome.ts';
import { uuid } from '../../base/random.ts';
import type { Factor } from '../../factors/define-factor.ts';
import type { JsonObject } from '../../factors/factor.ts';
import type { NewAuthenticator } from '../../store/authenticators.ts';
import type { User } from '../../store/users.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';

export type MadeAuthenticator = {
  /** Not inserted yet, because making it may be slow and must happen outside a transaction. */
  readonly authenticator: NewAuthenticator;
  /** Shown to its user once. */
  readonly shown: JsonObject;
};

type AuthenticatorInput = {
  readonly user: Pick<User, 'id' | 'name'>;
  readonly input?: JsonObject;
  readonly label?: string | null;
};

/** Makes an active authenticator of a factor without settings and confirmation. */
export async function makeAuthenticator(
  ctx: RequestContext,
  { kind, enroll }: Factor,
  { user, input = {}, label = null }: AuthenticatorInput,
): Promise<Outcome<MadeAuthenticator, Reason>> {
  if (!enroll) return refuse('forbidden');
  const id = uuid(ctx.random, ctx.now);
  const given = { settings: undefined, input, others: [] };
  const begun = await enroll.begin(given, factorContext(ctx, aboutEnrolling({ id, user })));
  if (!begun.ok) return begun;
  const { state, lookup, shown } = begun.value;
  return success({ authenticator: { id, userId: user.id, kind, label, state, lookup, status: 'active' }, shown });
}

/** The binding and the user of an enrollment, for the factor. */
export function aboutEnrolling({ id, user }: { readonly id: string; readonly user: Pick<User, 'id' | 'name'> }) {
  const binding = { purpose: 'enrollment', authenticatorId: id } as const;
  return { binding, user: { id: user.id, name: user.name } };
}
