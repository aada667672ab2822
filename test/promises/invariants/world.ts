/** What the database holds, in the form in which the model says what it should hold. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Context } from '../../../src/engine/context.ts';
import { listAuthenticators } from '../../../src/store/authenticators.ts';
import { findUser } from '../../../src/store/users.ts';
import type { Memory, Stage } from './memory.ts';

type App = { readonly id: string; readonly seed: string; readonly madeAt: number; lastStep: number };

export type Person = {
  epoch: number;
  password: string;
  keys: number;
  apps: App[];
  pending: { readonly id: string; readonly seed: string; readonly madeAt: number } | null;
  /** The recovery codes that are left. */
  codes: string[];
  throttles: Record<string, { failures: number; at: number }>;
  sessions: Record<string, { epoch: number; provenAt: number | null; over: boolean }>;
  challenges: Record<string, { epoch: number; closed: boolean }>;
};

export type World = Record<string, Person>;

const appState = z.object({ seed: z.string(), lastStep: z.number() });
const codesState = z.object({ codes: z.array(z.string()) });
const passwordState = z.object({ hash: z.string() });

export async function look({ engine: { ctx }, ids, memory }: Stage): Promise<World> {
  const world: World = {};
  for (const [name, id] of Object.entries(ids)) world[name] = await lookAt(ctx, memory, name, id);
  return world;
}

async function lookAt({ store, hasher }: Context, memory: Memory, name: string, userId: string): Promise<Person> {
  const { db, safe } = store;
  const user = (await findUser(store, userId)) ?? assert.fail();
  // Enrolments that have run out are there until they are swept.
  const all = await listAuthenticators(store, userId, 0);
  const apps = all.filter(({ kind }) => kind === 'totp').map((one) => ({ ...one, ...appState.parse(one.state) }));
  const pending = apps.find(({ status }) => status === 'pending');
  const kept = all.flatMap(({ kind, state }) => (kind === 'recovery' ? codesState.parse(state).codes : []));
  const { hash } = passwordState.parse(all.find(({ kind }) => kind === 'password')?.state);
  let password = '';
  for (const candidate of memory.passwords[name] ?? []) if (await hasher.verify(hash, candidate)) password = candidate;
  const throttles = await db.selectFrom('throttles').selectAll().where('subject', '=', userId).execute();
  const sessions = await db.selectFrom('sessions').selectAll().where('user_id', '=', userId).execute();
  const challenges = await db.selectFrom('challenges').selectAll().where('user_id', '=', userId).execute();
  const tokens = new Map(memory.challenges.map(({ token }) => [safe.mac('challenge', token), token]));
  const codes = (memory.codes[name] ?? []).filter((code) =>
    kept.includes(safe.mac('recovery', code.replaceAll('-', ''))),
  );
  assert.equal(codes.length, kept.length, 'codes that nobody was shown');
  return {
    epoch: user.epoch,
    password,
    keys: all.filter(({ kind }) => kind === 'apikey').length,
    apps: apps
      .filter(({ status }) => status === 'active')
      .map(({ id, seed, createdAt: madeAt, lastStep }) => ({ id, seed, madeAt, lastStep })),
    pending: pending ? { id: pending.id, seed: pending.seed, madeAt: pending.createdAt } : null,
    codes,
    throttles: Object.fromEntries(throttles.map(({ kind, failures, last_at: at }) => [kind, { failures, at }])),
    sessions: Object.fromEntries(
      sessions.map((row) => [
        row.id,
        { epoch: row.epoch, provenAt: row.second_factor_at, over: row.revoked_at !== null },
      ]),
    ),
    challenges: Object.fromEntries(
      challenges.map((row) => [
        tokens.get(row.token_hash) ?? '?',
        { epoch: row.epoch, closed: row.closed_at !== null },
      ]),
    ),
  };
}
