import { enrollRequired } from './changes.ts';
import { askAsAdministrator, openChallenge } from './logins.ts';
import { remember, type Person } from './person.ts';
import { checkSession, replaySpent } from './sessions.ts';
import type { Answer } from '../recorder.ts';
import type { UserAction, ActionContext } from './action.ts';

/** How often the administrator tries to enable the person again, while servers are killed. */
const mostTries = 10;

/** The administrator disables the person, who tries what they have, and enables them again. */
export const disable: UserAction = async (ctx, person) => {
  const { seen } = await setEnabled(ctx, person, false);
  if (seen.outcome === 'refused') return;
  for (const use of [checkSession, replaySpent, openChallenge, enrollRequired]) await use(ctx, person);
  for (let tries = 0; tries < mostTries; tries += 1) {
    if ((await setEnabled(ctx, person, true)).ok) break;
  }
  for (const session of person.sessions.splice(0)) {
    const { refresh: secret, client } = session;
    remember(person.spent, { kind: 'session', session });
    if (secret !== undefined && client) remember(person.spent, { kind: 'refresh', secret, client });
  }
  await replaySpent(ctx, person);
};

const setEnabled = (ctx: ActionContext, { name, account = 'root', user }: Person, enabled: boolean): Promise<Answer> =>
  askAsAdministrator(ctx, {
    op: enabled ? 'enable' : 'disable',
    who: name,
    method: 'PATCH',
    path: `/v2/accounts/${account}/users/${user}`,
    json: { data: { enabled } },
    sent: {},
  });
