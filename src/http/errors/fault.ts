import { Busy } from '../../base/fault.ts';
import type { RequestContext } from '../../engine/context.ts';
import { isUnavailable } from '../../store/store.ts';
import type { Problem } from '../route.ts';

/** After a fault the client learns only when to try again. The operator finds the fault in the log by the request's id. */
export function problemOfFault(ctx: RequestContext, fault: unknown): Problem {
  const busy = fault instanceof Busy;
  if (!busy) ctx.log.error({ err: fault, request_id: ctx.client.requestId }, 'request failed');
  if (busy || isUnavailable(fault)) {
    const detail = 'The server is temporarily unavailable. Try again shortly.';
    const headers = { 'Retry-After': String(busy ? fault.retryAfter : 5) };
    return { status: 503, code: 'unavailable', detail, headers };
  }
  const detail = 'Internal error. Tell the operator the request id.';
  return { status: 500, code: 'internal_error', detail };
}
