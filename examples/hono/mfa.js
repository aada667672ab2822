// Everything that a Hono application needs to have authenticator apps and recovery codes.
import { createCountersign } from 'countersign';
import { Hono } from 'hono';

const countersign = await createCountersign({
  database: process.env.COUNTERSIGN_DATABASE ?? 'sqlite:./mfa.db',
  keysFile: process.env.COUNTERSIGN_KEYS ?? './mfa-keys.json',
  url: 'http://localhost:3000',
});
const { users, factors, challenges } = await countersign.service('shop');
setInterval(() => void countersign.maintain().catch(console.error), 60_000).unref();

/** Instead of starting a session: a user who has a second factor is asked for it first. */
export async function logIn(c, { id, email }) {
  const put = await users.put(String(id), { email });
  return put.ok ? ask(c, id) : refuse(c, put);
}

async function ask(c, user) {
  const asked = await challenges.create({ user: { name: String(user) } });
  if (!asked.ok) return refuse(c, asked);
  if (asked.value.state === 'not_required') return begin(c, { user });
  return begin(c, { pending: { user, challenge: asked.value.id } }, { mfa_required: true });
}

export const mfaRoutes = new Hono();

// The second half of a login: {"code"} or {"backup_code"}.
mfaRoutes.post('/verify', async (c) => {
  const { pending } = c.get('session').content;
  if (!pending) return c.json({ error: 'log in first' }, 401);
  const verified = await challenges.verify(pending.challenge, await bodyOf(c));
  return verified.ok ? begin(c, { user: pending.user, proof: pending.challenge }) : refuse(c, verified);
});

mfaRoutes.use(async (c, next) => (c.get('session').content.user ? next() : c.json({ error: 'log in first' }, 401)));

// A user with a second factor must have proven it in the last 15 minutes to change one.
mfaRoutes.post('/step-up', async (c) => ask(c, whose(c).user));

mfaRoutes.get('/', async (c) => send(c, await factors.list(whose(c).user)));

// Show `qr` to the user, and the recovery codes that the answer to the first code has.
mfaRoutes.post('/totp', async (c) => {
  const { user, challenge_id } = whose(c);
  return send(c, await factors.enroll(user, { type: 'totp', issuer: 'Shop', challenge_id }));
});
mfaRoutes.post('/totp/:id', async (c) => {
  const { user, challenge_id } = whose(c);
  const { code } = await bodyOf(c);
  return send(c, await factors.confirm(user, c.req.param('id'), { code, challenge_id }));
});
mfaRoutes.delete('/totp/:id', async (c) => {
  const { user, challenge_id } = whose(c);
  return send(c, await factors.remove(user, c.req.param('id'), { challenge_id }));
});

function whose(c) {
  const { user, proof: challenge_id } = c.get('session').content;
  return { user: String(user), challenge_id };
}

function begin(c, content, said = { logged_in: true }) {
  c.get('session').begin(content);
  return c.json(said);
}
const bodyOf = (c) => c.req.json().catch(() => ({}));
const refuse = (c, { status, detail: error }) => c.json({ error }, status);
const send = (c, result) => (result.ok ? c.json(result.value ?? {}) : refuse(c, result));
