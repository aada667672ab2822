/**
 * The credentials of the callers. Fresh sessions have proven their factors exactly 15 minutes ago, stale ones a
 * millisecond before that.
 */
import { minute } from '../../../src/base/clock.ts';
import { member, type Server } from '../../../kit/server.ts';
import { door } from '../../http/doors/crossbar/door.ts';
import { clientToken, enrollmentToken, logIn } from './own.ts';
import { stepUp, type People } from './people.ts';

export type Tokens = Awaited<ReturnType<typeof openSessions>>;

/** Leaves the clock eleven minutes after the fresh logins, because a code that is sent then is good for five. */
export async function openSessions(server: Server, people: People) {
  const { ada, bob, carol, dora, grace, acme, shop, keys, clients } = people;
  const { clock, admin } = server;
  const stale = {
    ada: await logIn(server, ada),
    raised: await logIn(server, ada),
    bob: await logIn(server, bob),
    grace: await logIn(server, grace),
    admin: await logIn(server, admin),
  };
  clock.tick(1);
  const proven = clock.now();
  const credentials = { username: acme.username, password: acme.password, account_id: acme.id };
  const fresh = {
    ada: await logIn(server, ada),
    bob: await logIn(server, bob),
    carol: await logIn(server, carol),
    grace: await logIn(server, grace),
    admin: await logIn(server, admin),
    shop: await logIn(server, shop),
    acme: member(await door(server)(201, 'PUT', 'user_auth', credentials), 'auth_token'),
  };
  const unattended = {
    ada: await server.logIn({ name: 'ada', password: keys.ada }),
    bob: await server.logIn({ name: 'bob', password: keys.bob }),
    grace: await server.logIn({ name: 'grace', password: keys.grace }),
    managing: await server.logIn({ name: 'grace', password: keys.manage }),
    shop: await server.logIn({ name: shop.name, password: shop.key }),
  };
  const disabled = await logIn(server, dora);
  await door(server, fresh.admin)(200, 'PATCH', `accounts/root/users/${dora.uid}`, { enabled: false });

  // A code of an app works once.
  clock.set(proven + 8 * minute);
  const noScope = await clientToken(server, clients.noScope, ada);
  const manage = await clientToken(server, clients.manage, grace);
  clock.set(proven + 9 * minute);
  const mfa = await clientToken(server, clients.mfa, ada);
  clock.set(proven + 10 * minute);
  await stepUp(server, stale.raised, ada.app);
  clock.set(proven + 11 * minute);
  const enrollment = await enrollmentToken(server, people);
  return { proven, stale, fresh, unattended, disabled, clients: { noScope, mfa, manage }, enrollment };
}
