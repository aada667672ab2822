import { refuse, success, type Outcome } from '../../base/outcome.ts';
import type { EnrollmentChallenge, LoginChallenge } from '../../store/challenge-rows.ts';
import { findClient } from '../../store/clients.ts';
import type { RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { IssuedTo } from './create-session.ts';

/**
 * The OAuth2 client whose login a challenge continues, if it is one's. `calling` is the client that answers it. A client
 * answers its own logins only.
 */
export async function issuedToOf(
  { store }: RequestContext,
  { authModule, client: began }: LoginChallenge | EnrollmentChallenge,
  calling?: IssuedTo,
): Promise<Outcome<IssuedTo | undefined, Reason>> {
  // Version 0.1.0 does not keep the client: its challenges are answered at the token endpoint only.
  if (!began) return authModule === 'oauth2' && !calling ? refuse('invalid_challenge') : success(calling);
  if (calling) return calling.client.id === began.id ? success(calling) : refuse('invalid_challenge');
  const client = await findClient(store, began.id);
  return client ? success({ client, scope: began.scope }) : refuse('invalid_challenge');
}
