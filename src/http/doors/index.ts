import type { Dialect, Route } from '../route.ts';
import { accountRoutes } from './accounts/accounts.ts';
import { attemptRoutes } from './accounts/attempts.ts';
import { challengeRoutes } from './challenges/challenges.ts';
import { externalFactorRoutes } from './challenges/external-factors.ts';
import { externalUserRoutes } from './challenges/external-users.ts';
import { crossbar } from './accounts/envelope.ts';
import { providerRoutes } from './accounts/providers.ts';
import { securityPreviewRoutes } from './accounts/security-preview.ts';
import { securityRoutes } from './accounts/security.ts';
import { systemProviderRoutes } from './accounts/system-providers.ts';
import { userAuthRoutes } from './accounts/user-auth.ts';
import { accountUserRoutes } from './accounts/users.ts';
import { authtokenRoutes } from './deux/authtoken.ts';
import { deux } from './deux/dialect.ts';
import { mfaRoutes } from './deux/mfa.ts';
import { clientRoutes } from './oauth2/clients.ts';
import { forwardAuthRoutes } from './forward-auth.ts';
import { tokenRoutes } from './oauth2/token.ts';
import { authRoutes } from './secrets/auth.ts';
import { secretRoutes } from './secrets/secrets.ts';
import { userRoutes } from './secrets/users.ts';
import { sessionRoutes } from './sessions.ts';

/** Every door. A dialect of one more system is one more file beside these and a word in this list. */
export const doors: readonly Route[] = [
  ...authRoutes,
  ...authtokenRoutes,
  ...tokenRoutes,
  ...sessionRoutes,
  ...challengeRoutes,
  ...forwardAuthRoutes,
  ...mfaRoutes,
  ...userRoutes,
  ...externalUserRoutes,
  ...externalFactorRoutes,
  ...secretRoutes,
  ...clientRoutes,
  ...userAuthRoutes,
  ...accountRoutes,
  ...accountUserRoutes,
  ...securityRoutes,
  ...securityPreviewRoutes,
  // Before the providers, of which none is called "attempts".
  ...attemptRoutes,
  ...providerRoutes,
  ...systemProviderRoutes,
];

/** What is asked below a door's path, and is none of its routes, is answered in its words. */
export const dialects: readonly Dialect[] = [deux, crossbar];
