// Everything that a Fastify application needs to have authenticator apps and recovery codes, from a Countersign server.
import { createClient } from 'countersign/client';

const url = process.env.MFA_SERVER ?? 'http://localhost:8000';
const { users, factors, challenges } = createClient({ url, credential: process.env.MFA_SERVICE_KEY });

/** Instead of `request.session.user = user.id`: a user who has a second factor is asked for it first. */
export async function logIn(request, reply, { id, email }) {
  const put = await users.put(String(id), { email });
  return put.ok ? ask(request, reply, id) : refuse(reply, put);
}

async function ask(request, reply, user) {
  const asked = await challenges.create({ user: { name: String(user) } });
  if (!asked.ok) return refuse(reply, asked);
  if (asked.value.state === 'not_required') return begin(request, { user });
  return begin(request, { pending: { user, challenge: asked.value.id } }, { mfa_required: true });
}

export async function mfaRoutes(app) {
  // The second half of a login: {"code"} or {"backup_code"}.
  app.post('/verify', async (request, reply) => {
    const { pending } = request.session;
    if (!pending) return reply.code(401).send({ error: 'log in first' });
    const verified = await challenges.verify(pending.challenge, request.body ?? {});
    if (!verified.ok) return refuse(reply, verified);
    return begin(request, { user: pending.user, proof: pending.challenge });
  });

  await app.register(async (own) => {
    own.addHook('preHandler', async ({ session }, reply) => {
      if (!session.user) return reply.code(401).send({ error: 'log in first' });
    });
    // A user with a second factor must have proven it in the last 15 minutes to change one.
    own.post('/step-up', async (request, reply) => ask(request, reply, request.session.user));
    own.get('/', async ({ session: { user } }, reply) => send(reply, await factors.list(String(user))));
    // Show `qr` to the user, and the recovery codes that the answer to the first code has.
    own.post('/totp', async ({ session: { user, proof: challenge_id } }, reply) =>
      send(reply, await factors.enroll(String(user), { type: 'totp', issuer: 'Shop', challenge_id })),
    );
    own.post('/totp/:id', async ({ session: { user, proof: challenge_id }, params, body }, reply) =>
      send(reply, await factors.confirm(String(user), params.id, { code: body?.code, challenge_id })),
    );
    own.delete('/totp/:id', async ({ session: { user, proof: challenge_id }, params }, reply) =>
      send(reply, await factors.remove(String(user), params.id, { challenge_id })),
    );
  });
}

/** A new session at each login, against session fixation. */
async function begin(request, content, said = { logged_in: true }) {
  await request.session.regenerate();
  Object.assign(request.session, content);
  return said;
}
const refuse = (reply, { status, detail: error }) => reply.code(status).send({ error });
const send = (reply, result) => (result.ok ? (result.value ?? {}) : refuse(reply, result));
