// The application: a table of users, passwords, sessions. mfa.js adds multi-factor authentication to it.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { logIn, mfaRoutes } from './mfa.js';
import { sessions } from './sessions.js';

const hash = promisify(scrypt);
const users = new DatabaseSync(process.env.SHOP_DATABASE ?? 'shop.db');
users.exec('create table if not exists users (id integer primary key, email text unique, salt blob, password blob)');

const app = new Hono().use(sessions);

app.post('/signup', async (c) => {
  const { email, password } = await c.req.json().catch(() => ({}));
  if (typeof email !== 'string' || typeof password !== 'string' || password.length < 8)
    return c.json({ error: 'email and a password of 8 characters, please' }, 400);
  const salt = randomBytes(16);
  const insert = users.prepare('insert into users (email, salt, password) values (?, ?, ?) on conflict do nothing');
  const made = insert.run(email, salt, await hash(password, salt, 32));
  return made.changes === 0 ? c.json({ error: 'taken' }, 409) : c.json({ email }, 201);
});

app.post('/login', async (c) => {
  const { email, password } = await c.req.json().catch(() => ({}));
  const user = users.prepare('select * from users where email = ?').get(String(email));
  const given = await hash(String(password), user?.salt ?? '', 32);
  if (!user || !timingSafeEqual(given, user.password)) return c.json({ error: 'wrong email or password' }, 401);
  return logIn(c, user); // Was: c.get('session').begin({ user: user.id })
});

app.get('/me', (c) => {
  const user = users.prepare('select id, email from users where id = ?').get(c.get('session').content.user ?? 0);
  return user ? c.json(user) : c.json({ error: 'log in first' }, 401);
});

app.route('/mfa', mfaRoutes);

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`shop listening on http://localhost:${port}`);
});
