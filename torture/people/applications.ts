import { fingerprint } from '../recorder.ts';
import { actionOf } from '../outbox.ts';
import { answer, appCode, newestCode, openChallenge } from './logins.ts';
import { remember, type OAuthClient, type Person, type Shown } from './person.ts';
import { rememberSession, tokensIn, twoNodes, type UserAction, type ActionContext } from './action.ts';

/** An OAuth2 client logs its user in and then refreshes, at times with one token twice, or for more than it was granted. */
export const oauth: UserAction = async (ctx, person) => {
  const refreshable = person.sessions.findLast((session) => session.refresh !== undefined);
  if (!refreshable?.refresh || !refreshable.client || ctx.random.chance(0.3)) return grant(ctx, person);
  const { refresh: secret, client } = refreshable;
  delete refreshable.refresh;
  remember(person.spent, { kind: 'refresh', secret, client });
  const nodes = ctx.random.chance(0.5) ? twoNodes(ctx) : [undefined];
  await Promise.all(nodes.map((node) => refresh(ctx, person, { secret, client, node })));
};

async function grant(ctx: ActionContext, person: Person): Promise<void> {
  const [password = ''] = person.passwords;
  const second = person.apps.length > 0 ? appCode(ctx, person) : undefined;
  const { manager, reader } = ctx.clients;
  const client = ctx.random.chance(0.3) ? reader : manager;
  const granted = await ctx.ask({
    op: 'grant',
    who: person.name,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: {
      ...credentialsOf(client),
      grant_type: 'password',
      username: person.name,
      password,
      ...(person.account !== undefined && { account: person.account }),
      ...(second && { mfa_code: second.code }),
    },
    sent: { password: fingerprint(password), ...(second && { proof: second.proof }) },
    received: tokensIn(ctx),
  });
  rememberSession(ctx, person, granted, client);
}

type Refreshing = { readonly secret: string; readonly client: OAuthClient; readonly node?: number | undefined };

export async function refresh(ctx: ActionContext, person: Person, { secret, client, node }: Refreshing): Promise<void> {
  const widens = ctx.random.chance(0.1) && { scope: 'mfa manage' };
  const refreshed = await ctx.ask({
    op: 'refresh',
    who: person.name,
    node,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: { ...credentialsOf(client), grant_type: 'refresh_token', refresh_token: secret, ...widens },
    sent: { refresh: fingerprint(secret) },
    received: tokensIn(ctx),
  });
  rememberSession(ctx, person, refreshed, client);
}

const credentialsOf = ({ id, secret }: OAuthClient) => ({ client_id: id, client_secret: secret });

/** An application that checks passwords itself asks for a second factor, sends a proof twice, and redeems what it gets twice. */
export const service: UserAction = async (ctx, person) => {
  const action = actionOf(ctx.random.between(0, 2 ** 40));
  const asked = await ctx.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: ctx.apikey,
    json: { user: { name: person.name, ...(person.account !== undefined && { account: person.account }) }, action },
    sent: {},
    received: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = asked.seen.received.challenge;
  if (challenge === undefined) return;
  const one = person.factor === 'email' ? await sentCode(ctx, person, challenge) : appCode(ctx, person);
  if (!one) return;
  const [here, there] = twoNodes(ctx);
  const other = ctx.random.chance(0.4) ? appCode(ctx, person) : one;
  const shown = [[one, here] as const, ...(other ? [[other, there] as const] : [])];
  const answers = await Promise.all(
    shown.map(([{ code, proof }, node]) =>
      ctx.ask({
        op: 'verify',
        who: person.name,
        node,
        method: 'POST',
        path: `/challenges/${challenge}/verify`,
        token: ctx.apikey,
        json: { code },
        sent: { challenge, proof, action },
        received: ({ assertion }) => assertionIn(assertion),
      }),
    ),
  );
  const assertion = answers.find(({ ok }) => ok)?.body['assertion'];
  if (typeof assertion !== 'string') return;
  await Promise.all([here, there].map((node) => redeem(ctx, person, { challenge, assertion, node })));
};

/**
 * The code of a service's challenge. At times the person brings it to a login first, or brings the code of a login here; neither may be
 * accepted.
 */
async function sentCode(ctx: ActionContext, person: Person, challenge: string): Promise<Shown | undefined> {
  if (ctx.random.chance(0.3)) return newestCode(ctx, person);
  const { ok } = await ctx.ask({
    op: 'send',
    who: person.name,
    method: 'POST',
    path: `/challenges/${challenge}/send`,
    token: ctx.apikey,
    json: {},
    sent: { challenge },
  });
  const sent = ok ? newestCode(ctx, person) : undefined;
  const login = sent && ctx.random.chance(0.5) ? await openChallenge(ctx, person) : undefined;
  if (sent && login !== undefined) await answer(ctx, person, login, sent);
  return sent;
}

type Redemption = { readonly challenge: string; readonly assertion: string; readonly node: number };

const redeem = (ctx: ActionContext, person: Person, { challenge, assertion, node }: Redemption) =>
  ctx.ask({
    op: 'redeem',
    who: person.name,
    node,
    method: 'POST',
    path: `/challenges/${challenge}/redeem`,
    token: ctx.apikey,
    json: { assertion },
    sent: assertionIn(assertion),
  });

function assertionIn(assertion: unknown): { assertion?: string } {
  if (typeof assertion !== 'string') return {};
  const { jti } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
  return { assertion: jti };
}
