import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../kit/free-port.ts';
import { makeCluster, type Cluster } from '../../kit/postgres/cluster.ts';
import { openCutter, type Cutter } from '../tcp-proxy.ts';
import { addressedTo, attemptsSql, type Database } from '../database.ts';
import type { AttemptRow } from '../history.ts';
import { postgresOf, type Postgres } from '../postgres.ts';

/** A primary and a standby that follows it. The servers reach whichever is the primary at one address, as they would through a proxy. */
export type Pair = Database & {
  readonly primary: () => Postgres;
  readonly standby: () => Postgres;
  /** What the standby follows the primary over. */
  readonly following: Cutter;
  /** Makes the standby the primary. Nobody is led to it yet. */
  promote(): Promise<void>;
  /** Leads everybody to who is the primary now. */
  lead(): void;
  /** Makes the other one anew from the primary, and waits until it follows. */
  follow(): Promise<void>;
};

/** With `synchronous`, nothing is acknowledged before the standby has written it down too. */
export async function pairIn(folder: string, synchronous: boolean): Promise<Pair> {
  const [first, second] = ['one', 'two'].map((name) => join(folder, name)) as [string, string];
  for (const place of [first, second]) mkdirSync(place);
  execFileSync('chmod', ['755', folder]);
  const one = await makeCluster(first);
  let primary = postgresOf(one);
  let standby = postgresOf(await twinOf(one, second));
  const [front, following] = [await openCutter(), await openCutter()];
  const follow = () => makeFollow({ primary, standby, following, synchronous });

  await primary.start();
  await follow();
  front.lead(primary.cluster.port);
  return {
    url: addressedTo(one, front),
    troubles: {},
    primary: () => primary,
    standby: () => standby,
    following,
    follow,
    async promote() {
      following.lead(undefined);
      following.cut();
      await standby.ask('select pg_promote()');
      [primary, standby] = [standby, primary];
    },
    lead() {
      front.lead(primary.cluster.port);
      front.cut();
    },
    attempts: () => primary.ask<AttemptRow>(attemptsSql),
    async [Symbol.asyncDispose]() {
      for (const wire of [front, following]) await wire[Symbol.asyncDispose]();
      for (const server of [standby, primary]) await server.crash();
    },
  };
}

type Servers = {
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly following: Cutter;
  readonly synchronous: boolean;
};

async function makeFollow({ primary, standby, following, synchronous }: Servers): Promise<void> {
  await standby.crash();
  const name = basename(standby.cluster.folder);
  await primary.ask(`select pg_drop_replication_slot(slot_name) from pg_replication_slots`);
  await primary.ask(`select pg_create_physical_replication_slot('${name}', true)`);
  const label = await backUp(primary.cluster, standby.cluster.data);
  following.lead(primary.cluster.port);
  makeStandby(standby.cluster, label, { address: addressedTo(primary.cluster, following), name });
  await standby.start();
  if (synchronous) {
    await primary.ask(`alter system set synchronous_standby_names = '${name}'`);
    await primary.ask('select pg_reload_conf()');
  }
  const state = synchronous ? 'sync' : 'async';
  const follows = `select 1 from pg_stat_replication where state = 'streaming' and sync_state = '${state}'`;
  while ((await primary.ask(follows)).length === 0) await wait(50);
}

/** Another server with the same programs and accounts. */
async function twinOf(cluster: Cluster, folder: string): Promise<Cluster> {
  const port = await freePort();
  const url = new URL(cluster.url);
  url.port = String(port);
  return { ...cluster, url: url.href, port, folder, data: join(folder, 'data') };
}

/** What belongs to a running server and not to its data. */
const own = /^postmaster\.|^pg_internal\.init|^pgsql_tmp/;
const emptied = [
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
];

/** What `pg_basebackup` does, which the embedded package lacks: copies a server's data while it runs. Gives what the copy's start has to know. */
async function backUp(cluster: Cluster, data: string): Promise<string> {
  const client = new Client({ connectionString: cluster.url });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('failover', true)`);
    await rm(data, { recursive: true, force: true });
    await cp(cluster.data, data, {
      recursive: true,
      filter: (from) => !own.test(basename(from)) && !emptied.includes(relative(cluster.data, dirname(from))),
    });
    const { rows } = await client.query<{ label: string }>('select labelfile as label from pg_backup_stop()');
    return rows[0]?.label ?? '';
  } finally {
    await client.end();
  }
}

function makeStandby(
  { data, user, folder }: Cluster,
  label: string,
  { address, name }: { readonly address: string; readonly name: string },
): void {
  mkdirSync(join(data, 'pg_wal/archive_status'));
  writeFileSync(join(data, 'backup_label'), label);
  writeFileSync(join(data, 'standby.signal'), '');
  // In the place of the primary's own: whom that waits for is none of the standby's business, which may be all alone when it is promoted.
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = '${address}?application_name=${name}'\nprimary_slot_name = '${name}'\n`,
  );
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  execFileSync('chmod', ['700', data]);
}
