import { DatabaseSync } from 'node:sqlite';
import { mock } from 'node:test';
import { CompiledQuery } from 'kysely';
import { Client } from 'pg';
import type { Flavour } from '../../src/store/store.ts';
import type { TreeServer } from './tree-server.ts';
import { logins, lookups } from './requests.ts';

/** The new statements of a request, with their plans. */
export type Planned = { readonly request: string; readonly statements: readonly Statement[] };

type Statement = { readonly sql: string; readonly plan: readonly string[] };

type Asked = { readonly sql: string; readonly values: readonly unknown[] };

/** The plans of all selects, updates and deletes. */
export async function plansOf(countersign: TreeServer, flavour: Flavour): Promise<readonly Planned[]> {
  const known = new Set<string>();
  const planned: Planned[] = [];
  // Hash costs make no difference to the database.
  for (const { name, prepare } of [...logins.slice(0, 1), ...lookups]) {
    const asked = await listen(flavour, await prepare(countersign));
    const fresh = asked.filter(({ sql }) => /^(?:select|update|delete)/.test(sql) && !known.has(sql));
    const statements: Statement[] = [];
    for (const one of fresh.filter(({ sql }, at) => fresh.findIndex((other) => other.sql === sql) === at)) {
      known.add(one.sql);
      statements.push({ sql: one.sql, plan: await (flavour === 'sqlite' ? ofSqlite : ofPostgres)(countersign, one) });
    }
    if (statements.length > 0) planned.push({ request: name, statements });
  }
  return planned;
}

/** The statements that some work sends to the database. SQLite prepares each once, so each is recorded once. */
async function listen(flavour: Flavour, work: () => Promise<unknown>): Promise<readonly Asked[]> {
  if (flavour === 'sqlite') {
    const { mock: heard } = mock.method(DatabaseSync.prototype, 'prepare');
    await work();
    heard.restore();
    return heard.calls.map(({ arguments: [sql] }) => ({ sql, values: [] }));
  }
  const { mock: heard } = mock.method(Client.prototype, 'query');
  await work();
  heard.restore();
  return heard.calls.map(({ arguments: asked }) => {
    const [{ text, values }] = asked as unknown as readonly [{ readonly text: string; readonly values: unknown[] }];
    return { sql: text, values };
  });
}

async function ofSqlite({ nodes }: TreeServer, { sql }: Asked): Promise<readonly string[]> {
  const { db } = nodes.cheap.context.store;
  type Row = { readonly id: number; readonly parent: number; readonly detail: string };
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(`explain query plan ${sql}`));
  const depths = new Map([[0, -1]]);
  return rows.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? 0) + 1;
    depths.set(id, depth);
    return `${'  '.repeat(depth)}${detail}`;
  });
}

/** Explains with the request's values, on which the plan depends, and shows placeholders instead. */
async function ofPostgres({ nodes }: TreeServer, { sql, values }: Asked): Promise<readonly string[]> {
  const { db } = nodes.cheap.context.store;
  const explained = CompiledQuery.raw(`explain (costs off) ${sql}`, [...values]);
  const { rows } = await db.executeQuery<{ readonly 'QUERY PLAN': string }>(explained);
  return rows.map((row) =>
    values.reduce<string>(
      (line, value, at) => line.replaceAll(new RegExp(`'${RegExp.escape(String(value))}'::\\w+`, 'g'), `$${at + 1}`),
      row['QUERY PLAN'],
    ),
  );
}
