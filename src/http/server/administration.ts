import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { RequestContext } from '../../engine/context.ts';
import { isUnattended } from '../../engine/policy/auth-modules.ts';
import type { Reason } from '../../engine/reasons.ts';
import { isAdministrator, type Caller } from '../../engine/session/authenticate.ts';
import { requireAdministratorProof } from '../../engine/proof/fresh-proof.ts';
import { isManageKey } from '../../engine/session/manage-key.ts';
import type { Route } from '../route.ts';
import { isOwn, neededScope } from './require-scope.ts';

type Administering = { readonly session: Caller | undefined; readonly params: unknown };

/**
 * Checks a request in which an administrator reads or changes the data of others; every other request passes. A write
 * needs fresh proof. A session of an API key or device secret is refused, unless the key has the scope `manage` and the
 * route allows it (`openToKeys`).
 */
export async function checkAdministrativeAccess(
  ctx: RequestContext,
  route: Route,
  { session, params }: Administering,
): Promise<Outcome<Pick<RequestContext, 'keySessionId'>, Reason>> {
  if (!session || !isAdministrator(session)) return success({});
  const writes = isAdministrativeWrite(route, session, params);
  // A read of the data of others is a route that needs the scope `manage`.
  if (!writes && neededScope(route, session, params) !== 'manage') return success({});
  if (isManageKey(session) && route.openToKeys) return success({ keySessionId: session.id });
  if (isUnattended(session.authModule)) return refuse('unattended');
  const fresh = writes ? await requireAdministratorProof(ctx, session) : success(undefined);
  return fresh.ok ? success({}) : fresh;
}

function isAdministrativeWrite({ administers = 'never' }: Route, session: Caller, params: unknown): boolean {
  return administers === 'always' || (administers === 'others' && !isOwn(session, params));
}
