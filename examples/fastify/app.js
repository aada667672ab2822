// The application: a table of users, passwords, sessions. mfa.js adds multi-factor authentication to it.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import Fastify from 'fastify';
import { logIn, mfaRoutes } from './mfa.js';

const hash = promisify(scrypt);
const users = new DatabaseSync(process.env.SHOP_DATABASE ?? 'shop.db');
users.exec('create table if not exists users (id integer primary key, email text unique, salt blob, password blob)');

const app = Fastify();
await app.register(cookie);
await app.register(session, {
  secret: randomBytes(32).toString('hex'),
  saveUninitialized: false,
  cookie: { secure: false, sameSite: 'lax' },
});

const text = { type: 'string', maxLength: 254 };
const credentials = { type: 'object', required: ['email', 'password'], properties: { email: text, password: text } };

app.post('/signup', { schema: { body: credentials } }, async ({ body: { email, password } }, reply) => {
  if (password.length < 8) return reply.code(400).send({ error: 'a password of 8 characters, please' });
  const salt = randomBytes(16);
  const insert = users.prepare('insert into users (email, salt, password) values (?, ?, ?) on conflict do nothing');
  const made = insert.run(email, salt, await hash(password, salt, 32));
  return made.changes === 0 ? reply.code(409).send({ error: 'taken' }) : reply.code(201).send({ email });
});

app.post('/login', { schema: { body: credentials } }, async (request, reply) => {
  const { email, password } = request.body;
  const user = users.prepare('select * from users where email = ?').get(email);
  const given = await hash(password, user?.salt ?? '', 32);
  if (!user || !timingSafeEqual(given, user.password))
    return reply.code(401).send({ error: 'wrong email or password' });
  return logIn(request, reply, user); // Was: request.session.user = user.id
});

app.get('/me', async ({ session: { user = 0 } }, reply) => {
  const found = users.prepare('select id, email from users where id = ?').get(user);
  return found ?? reply.code(401).send({ error: 'log in first' });
});

await app.register(mfaRoutes, { prefix: '/mfa' });

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`shop listening on ${url.replace('127.0.0.1', 'localhost')}`);
