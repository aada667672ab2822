// The application: a table of users, passwords, sessions. mfa.js adds multi-factor authentication to it.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import express from 'express';
import session from 'express-session';
import { logIn, mfaRoutes } from './mfa.js';

const hash = promisify(scrypt);
const users = new DatabaseSync(process.env.SHOP_DATABASE ?? 'shop.db');
users.exec('create table if not exists users (id integer primary key, email text unique, salt blob, password blob)');

const app = express();
app.use(express.json());
app.use(
  session({
    secret: randomBytes(32).toString('hex'),
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' },
  }),
);

app.post('/signup', async (req, res) => {
  const { email, password } = req.body ?? {};
  if (typeof email !== 'string' || typeof password !== 'string' || password.length < 8)
    return res.status(400).json({ error: 'email and a password of 8 characters, please' });
  const salt = randomBytes(16);
  const insert = users.prepare('insert into users (email, salt, password) values (?, ?, ?) on conflict do nothing');
  const made = insert.run(email, salt, await hash(password, salt, 32));
  if (made.changes === 0) return res.status(409).json({ error: 'taken' });
  res.status(201).json({ email });
});

app.post('/login', async (req, res) => {
  const { email, password } = req.body ?? {};
  const user = users.prepare('select * from users where email = ?').get(String(email));
  const given = await hash(String(password), user?.salt ?? '', 32);
  if (!user || !timingSafeEqual(given, user.password))
    return res.status(401).json({ error: 'wrong email or password' });
  await logIn(req, res, user); // Was: req.session.user = user.id
});

app.get('/me', (req, res) => {
  const user = users.prepare('select id, email from users where id = ?').get(req.session.user ?? 0);
  return user ? res.json(user) : res.status(401).json({ error: 'log in first' });
});

app.use('/mfa', mfaRoutes);

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`shop listening on http://localhost:${server.address().port}`);
});
