import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { RequestContext } from '../../engine/context.ts';
import { isUnattended } from '../../engine/policy/auth-modules.ts';
import type { Reason } from '../../engine/reasons.ts';
import { isAdministrator, type Caller } from '../../engine/session/authenticate.ts';
import { requireFreshProof } from '../../engine/proof/fresh-proof.ts';
import type { Route } from '../route.ts';
import { isOwn, neededScope } from './require-scope.ts';

type Administering = { readonly session: Caller | undefined; readonly params: unknown };

/**
 * Allows a request of an administrator that reads or changes what belongs to others: a session of an API key or a device
 * secret does neither, and a write needs fresh proof.
 */
export async function requireAdministration(
  ctx: RequestContext,
  route: Route,
  { session, params }: Administering,
): Promise<Outcome<undefined, Reason>> {
  if (!session || !isAdministrator(session)) return success(undefined);
  const writes = isAdministrativeWrite(route, session, params);
  if (!writes && neededScope(route, session, params) !== 'manage') return success(undefined);
  if (isUnattended(session.authModule)) return refuse('unattended');
  return writes ? requireFreshProof(ctx, session) : success(undefined);
}

function isAdministrativeWrite({ administers = 'never' }: Route, session: Caller, params: unknown): boolean {
  return administers === 'always' || (administers === 'others' && !isOwn(session, params));
}
