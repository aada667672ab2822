/**
 * Better Auth with the same work as Countersign: e-mail and password with argon2id at the same cost, an authenticator app as the second factor,
 * a durable database, the same HTTP server.
 */
import { serve } from '@hono/node-server';
import { hash, verify } from '@node-rs/argon2';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { twoFactor } from 'better-auth/plugins';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

const url = process.env.BENCH_DATABASE ?? '';
const { memory, passes, lanes } = JSON.parse(process.env.BENCH_HASH_COST ?? '');
const cost = { algorithm: 2, memoryCost: memory, timeCost: passes, parallelism: lanes };

function open() {
  if (!url.startsWith('sqlite:')) return new pg.Pool({ connectionString: url, max: 20 });
  const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5000 });
  database.exec('pragma journal_mode = wal; pragma synchronous = full');
  return database;
}

const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'a secret that is long enough for a bench',
  database: open(),
  emailAndPassword: {
    enabled: true,
    password: { hash: (password) => hash(password, cost), verify: ({ hash: phc, password }) => verify(phc, password) },
  },
  plugins: [twoFactor({ issuer: 'bench' })],
  // It would answer 429 after three logins from one address.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
});

await (await getMigrations(auth.options)).runMigrations();
serve({ fetch: auth.handler, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`better auth listening on http://127.0.0.1:${port}\n`);
});
