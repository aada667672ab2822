import type { Dialect, Route } from '../route.ts';
import { accountRoutes } from './crossbar/accounts.ts';
import { attemptRoutes } from './crossbar/attempts.ts';
import { challengeRoutes } from './challenges/challenges.ts';
import { externalFactorRoutes } from './challenges/external-factors.ts';
import { externalUserRoutes } from './challenges/external-users.ts';
import { crossbar } from './crossbar/envelope.ts';
import { providerRoutes } from './crossbar/providers.ts';
import { securityPreviewRoutes } from './crossbar/security-preview.ts';
import { securityRoutes } from './crossbar/security.ts';
import { systemProviderRoutes } from './crossbar/system-providers.ts';
import { userAuthRoutes } from './crossbar/user-auth.ts';
import { accountUserRoutes } from './crossbar/users.ts';
import { authtokenRoutes } from './deux/authtoken.ts';
import { deux } from './deux/dialect.ts';
import { mfaRoutes } from './deux/mfa.ts';
import { clientRoutes } from './oauth2/clients.ts';
import { forwardAuthRoutes } from './challenges/forward-auth.ts';
import { tokenRoutes } from './oauth2/token.ts';
import { authRoutes } from './acceleratxr/auth.ts';
import { secretRoutes } from './acceleratxr/secrets.ts';
import { removeUserRoute, userRoutes } from './acceleratxr/users.ts';
import { sessionRoutes, userSessionRoutes } from './system/sessions.ts';

/** The doors by their names. The dialect of another system needs one more folder here and one more entry in this list. */
const doorsByName = {
  'self-service': [...authtokenRoutes, ...tokenRoutes, ...mfaRoutes, ...clientRoutes],
  secrets: [...authRoutes, ...userRoutes, ...secretRoutes],
  accounts: [
    ...userAuthRoutes,
    ...accountRoutes,
    ...accountUserRoutes,
    ...securityRoutes,
    ...securityPreviewRoutes,
    // These come before the providers, so that "attempts" is not read as the id of a provider.
    ...attemptRoutes,
    ...providerRoutes,
    ...systemProviderRoutes,
  ],
  challenges: [
    ...challengeRoutes,
    ...forwardAuthRoutes,
    ...externalUserRoutes,
    ...externalFactorRoutes,
    removeUserRoute,
  ],
} satisfies Record<string, readonly Route[]>;

export type Door = keyof typeof doorsByName;

export const doorNames = Object.keys(doorsByName) as readonly Door[];

/** The routes of the open doors, and those of sessions, which every door creates or reads. */
export function routesOf(open: readonly Door[] = doorNames): readonly Route[] {
  return [
    ...new Set([
      ...sessionRoutes,
      ...userSessionRoutes,
      ...open.flatMap((name): readonly Route[] => doorsByName[name]),
    ]),
  ];
}

/** A request below a door's path that matches none of its routes is answered in that door's dialect. */
export const dialects: readonly Dialect[] = [deux, crossbar];
