// Everything that an Express application needs to have authenticator apps and recovery codes.
import express from 'express';
import { createCountersign } from 'countersign';

const countersign = await createCountersign({
  database: process.env.COUNTERSIGN_DATABASE ?? 'sqlite:./mfa.db',
  keysFile: process.env.COUNTERSIGN_KEYS ?? './mfa-keys.json',
  url: 'http://localhost:3000',
});
const { users, factors, challenges } = await countersign.service('shop');
setInterval(() => void countersign.maintain().catch(console.error), 60_000).unref();

/** Instead of `req.session.user = user.id`: a user who has a second factor is asked for it first. */
export async function logIn(req, res, { id, email }) {
  if (!refused(res, await users.put(String(id), { email }))) await ask(req, res, id);
}

async function ask(req, res, user) {
  const asked = await challenges.create({ user: { name: String(user) } });
  if (refused(res, asked)) return;
  if (asked.value.state === 'not_required') return begin(req, res, { user });
  begin(req, res, { pending: { user, challenge: asked.value.id } }, { mfa_required: true });
}

export const mfaRoutes = express.Router();

// The second half of a login: {"code"} or {"backup_code"}.
mfaRoutes.post('/verify', async (req, res) => {
  const { pending } = req.session;
  if (!pending) return res.status(401).json({ error: 'log in first' });
  if (refused(res, await challenges.verify(pending.challenge, req.body ?? {}))) return;
  begin(req, res, { user: pending.user, proof: pending.challenge });
});

mfaRoutes.use((req, res, next) => (req.session.user ? next() : res.status(401).json({ error: 'log in first' })));

// A user with a second factor must have proven it in the last 15 minutes to change one.
mfaRoutes.post('/step-up', async (req, res) => ask(req, res, req.session.user));

mfaRoutes.get('/', async (req, res) => send(res, await factors.list(String(req.session.user))));

// Show `qr` to the user, and the recovery codes that the answer to the first code has.
mfaRoutes.post('/totp', async ({ session: { user, proof: challenge_id } }, res) =>
  send(res, await factors.enroll(String(user), { type: 'totp', issuer: 'Shop', challenge_id })),
);
mfaRoutes.post('/totp/:id', async ({ session: { user, proof: challenge_id }, params, body }, res) =>
  send(res, await factors.confirm(String(user), params.id, { code: body?.code, challenge_id })),
);
mfaRoutes.delete('/totp/:id', async ({ session: { user, proof: challenge_id }, params }, res) =>
  send(res, await factors.remove(String(user), params.id, { challenge_id })),
);

/** A new session at each login, against session fixation. */
const begin = ({ session }, res, content, said = { logged_in: true }) =>
  session.regenerate((error) => {
    if (error) return res.sendStatus(500);
    Object.assign(res.req.session, content);
    res.json(said);
  });
const refused = (res, { ok, status, detail: error }) => !ok && res.status(status).json({ error });
const send = (res, result) => refused(res, result) || res.json(result.value ?? {});
