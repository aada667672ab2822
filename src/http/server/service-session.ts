import { refuse } from '../../base/outcome.ts';
import { isService } from '../../engine/challenge/challenge-actor.ts';
import type { Caller } from '../../engine/session/authenticate.ts';
import { problemOf } from '../errors/reasons.ts';
import type { Problem, Route } from '../route.ts';
import { isOwn } from './require-scope.ts';

/** The problem if a service uses a session for more than its own user, secrets, sessions and step-up. */
export function closedToService(route: Route, session: Caller | undefined, params: unknown): Problem | undefined {
  if (!session || !isService(session)) return undefined;
  const namesOther = route.path.includes('{uid}') && !isOwn(session, params);
  return route.openToServices && !namesOther ? undefined : problemOf(refuse('forbidden'), onlyItself);
}

const onlyItself = {
  forbidden: {
    detail:
      'A session of a service reads its own user and manages its own secrets. For its users it sends its API key.',
  },
};
