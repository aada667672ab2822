import { fingerprint } from '../recorder.ts';
import { appCode } from './logins.ts';
import { remember, type Person } from './person.ts';
import { gotSession, tokensIn, twoNodes, type Play, type Stage } from './action.ts';

/** An OAuth2 client logs its user in and goes on by refreshing; now and then with one token twice. */
export const oauth: Play = async (stage, person) => {
  const refreshable = person.sessions.findLast((session) => session.refresh !== undefined);
  if (!refreshable?.refresh || stage.chance.happens(0.3)) return grant(stage, person);
  const { refresh: token } = refreshable;
  delete refreshable.refresh;
  remember(person.ghosts, { kind: 'refresh', secret: token });
  const nodes = stage.chance.happens(0.5) ? twoNodes(stage) : [undefined];
  await Promise.all(nodes.map((node) => refresh(stage, person, token, node)));
};

async function grant(stage: Stage, person: Person): Promise<void> {
  const [password = ''] = person.passwords;
  const second = person.apps.length > 0 ? appCode(stage, person) : undefined;
  const answered = await stage.ask({
    op: 'grant',
    who: person.name,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: {
      ...clientOf(stage),
      grant_type: 'password',
      username: person.name,
      password,
      ...(second && { mfa_code: second.code }),
    },
    sent: { password: fingerprint(password), ...(second && { proof: second.proof }) },
    got: tokensIn(stage, 'access_token'),
  });
  gotSession(stage, person, answered, 'access_token');
}

export async function refresh(stage: Stage, person: Person, token: string, node?: number): Promise<void> {
  const answered = await stage.ask({
    op: 'refresh',
    who: person.name,
    node,
    method: 'POST',
    path: '/mfa/oauth2/token',
    json: { ...clientOf(stage), grant_type: 'refresh_token', refresh_token: token },
    sent: { refresh: fingerprint(token) },
    got: tokensIn(stage, 'access_token'),
  });
  gotSession(stage, person, answered, 'access_token');
}

const clientOf = ({ client }: Stage) => ({ client_id: client.id, client_secret: client.secret });

/** An application that checks passwords by itself has the person prove a second factor, and asks for the same once more. */
export const service: Play = async (stage, person) => {
  const asked = await stage.ask({
    op: 'ask',
    who: person.name,
    method: 'POST',
    path: '/challenges',
    token: stage.apikey,
    json: { user: { name: person.name } },
    sent: {},
    got: ({ id }) => (typeof id === 'string' ? { challenge: id } : {}),
  });
  const challenge = asked.seen.got.challenge;
  const one = challenge === undefined ? undefined : appCode(stage, person);
  if (challenge === undefined || !one) return;
  const [here, there] = twoNodes(stage);
  const other = stage.chance.happens(0.4) ? appCode(stage, person) : one;
  const shown = [[one, here] as const, ...(other ? [[other, there] as const] : [])];
  await Promise.all(
    shown.map(([{ code, proof }, node]) =>
      stage.ask({
        op: 'verify',
        who: person.name,
        node,
        method: 'POST',
        path: `/challenges/${challenge}/verify`,
        token: stage.apikey,
        json: { code },
        sent: { challenge, proof },
        got: ({ assertion }) => assertionIn(assertion),
      }),
    ),
  );
};

function assertionIn(assertion: unknown): { assertion?: string } {
  if (typeof assertion !== 'string') return {};
  const { jti } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
  return { assertion: jti };
}
