import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { RequestContext } from '../../engine/context.ts';
import { isUnattended } from '../../engine/policy/auth-modules.ts';
import type { Reason } from '../../engine/reasons.ts';
import { isAdministrator, type Caller } from '../../engine/session/authenticate.ts';
import { requireFreshProof } from '../../engine/proof/fresh-proof.ts';
import { isManageKey } from '../../engine/session/manage-key.ts';
import type { Route } from '../route.ts';
import { isOwn, neededScope } from './require-scope.ts';

type Administering = { readonly session: Caller | undefined; readonly params: unknown };

/**
 * Allows a request of an administrator that reads or changes what belongs to others: a write needs fresh proof, an API
 * key or device secret needs a key with `manage` and a route that is open to it. Returns what the handler's context gains.
 */
export async function requireAdministration(
  ctx: RequestContext,
  route: Route,
  { session, params }: Administering,
): Promise<Outcome<Pick<RequestContext, 'keySession'>, Reason>> {
  if (!session || !isAdministrator(session)) return success({});
  const writes = isAdministrativeWrite(route, session, params);
  if (!writes && neededScope(route, session, params) !== 'manage') return success({});
  if (isManageKey(session) && route.openToKeys) return success({ keySession: session.id });
  if (isUnattended(session.authModule)) return refuse('unattended');
  const fresh = writes ? await requireFreshProof(ctx, session) : success(undefined);
  return fresh.ok ? success({}) : fresh;
}

function isAdministrativeWrite({ administers = 'never' }: Route, session: Caller, params: unknown): boolean {
  return administers === 'always' || (administers === 'others' && !isOwn(session, params));
}
