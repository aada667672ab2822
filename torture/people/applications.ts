import { fingerprint } from '../recorder.ts';
import { appCode } from './logins.ts';
import { remember, type Person } from './person.ts';
import { rememberSession, tokensIn, twoNodes, type UserAction, type ActionContext } from './action.ts';

/** An OAuth2 client logs its user in and then refreshes, at times with one token twice. */
export const oauth: UserAction = async (ctx, person) => {
  const refreshable = person.sessions.findLast((session) => session.refresh !== undefined);
  if (!refreshable?.refresh || ctx.random.chance(0.3)) return grant(ctx, person);
  const { refresh: token } = refreshable;
  delete refreshable.refresh;
  remember(person.spent, { kind: 'refresh', secret: token });
  const nodes = ctx.random.chance(0.5) ? twoNodes(ctx) : [undefined];
  await Promise.all(nodes.map((node) => refresh(ctx, person, token, node)));
};

async function grant(ctx: ActionContext, person: Person): Promise<void> {
  const [password = ''] = person.passwords;
  const second = person.apps.length > 0 ? appCode(ctx, person) : undefined;
  const answer = await ctx.ask({
    op: 'grant',
    who: person.name,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: {
      ...clientOf(ctx),
      grant_type: 'password',
      username: person.name,
      password,
      ...(second && { mfa_code: second.code }),
    },
    sent: { password: fingerprint(password), ...(second && { proof: second.proof }) },
    received: tokensIn(ctx, 'access_token'),
  });
  rememberSession(ctx, person, answer, 'access_token');
}

export async function refresh(ctx: ActionContext, person: Person, token: string, node?: number): Promise<void> {
  const answer = await ctx.ask({
    op: 'refresh',
    who: person.name,
    node,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: { ...clientOf(ctx), grant_type: 'refresh_token', refresh_token: token },
    sent: { refresh: fingerprint(token) },
    received: tokensIn(ctx, 'access_token'),
  });
  rememberSession(ctx, person, answer, 'access_token');
}

const clientOf = ({ client }: ActionContext) => ({ client_id: client.id, client_secret: client.secret });

/** An application that checks passwords itself asks for a second factor, and sends a proof twice. */
export const service: UserAction = async (ctx, person) => {
  const asked = await ctx.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: ctx.apikey,
    json: { user: { name: person.name } },
    sent: {},
    received: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = asked.seen.received.challenge;
  const one = challenge === undefined ? undefined : appCode(ctx, person);
  if (challenge === undefined || !one) return;
  const [here, there] = twoNodes(ctx);
  const other = ctx.random.chance(0.4) ? appCode(ctx, person) : one;
  const shown = [[one, here] as const, ...(other ? [[other, there] as const] : [])];
  await Promise.all(
    shown.map(([{ code, proof }, node]) =>
      ctx.ask({
        op: 'verify',
        who: person.name,
        node,
        method: 'POST',
        path: `/challenges/${challenge}/verify`,
        token: ctx.apikey,
        json: { code },
        sent: { challenge, proof },
        received: ({ assertion }) => assertionIn(assertion),
      }),
    ),
  );
};

function assertionIn(assertion: unknown): { assertion?: string } {
  if (typeof assertion !== 'string') return {};
  const { jti } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
  return { assertion: jti };
}
