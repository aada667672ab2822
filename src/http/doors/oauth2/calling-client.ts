import type { Outcome } from '../../../base/outcome.ts';
import { isPlainText } from '../../../base/text.ts';
import type { RequestContext } from '../../../engine/context.ts';
import { proveClient } from '../../../engine/operations.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { OAuthClient } from '../../../store/clients.ts';
import { basicCredentials } from '../../server/credentials.ts';

/** RFC 6749 section 2.3.1: HTTP Basic with form-encoded parts, or the body, but not both. */
export async function callingClient(
  ctx: RequestContext,
  body: { readonly client_id?: string | undefined; readonly client_secret?: string | undefined },
  headers: Headers,
): Promise<Outcome<OAuthClient, Reason>> {
  const basic = basicCredentials(headers);
  if (headers.has('authorization') && (!basic || body.client_secret !== undefined))
    return { ok: false, reason: 'invalid_client' };
  const id = basic ? formDecoded(basic.login) : body.client_id;
  // An id has no invisible characters, and PostgreSQL stores no NUL.
  if (id === undefined || !isPlainText(id) || (basic && body.client_id !== undefined && body.client_id !== id))
    return { ok: false, reason: 'invalid_client' };
  return proveClient(ctx, { id, secret: basic ? formDecoded(basic.secret) : body.client_secret });
}

function formDecoded(part: string): string {
  return new URLSearchParams(`part=${part.replaceAll('&', '%26')}`).get('part') ?? part;
}
