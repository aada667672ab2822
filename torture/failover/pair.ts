import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../kit/free-port.ts';
import { makeCluster, type Cluster } from '../../kit/postgres/cluster.ts';
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { addressedTo, attemptsSql, type Database } from '../database.ts';
import type { AttemptRow } from '../history.ts';
import { postgresOf, type Postgres } from '../postgres.ts';

/** A primary and its standby. The servers reach the current primary at one address. */
export type Pair = Database & {
  readonly primary: () => Postgres;
  readonly standby: () => Postgres;
  /** The proxy between standby and primary. */
  readonly replication: TcpProxy;
  /** Makes the standby the primary. Clients still reach the former primary. */
  promote(): Promise<void>;
  /** Sends clients to the current primary. */
  redirectClients(): void;
  /** Rebuilds the other server from the primary, and waits until it replicates. */
  attachStandby(): Promise<void>;
};

/** With `synchronous`, a commit is acknowledged only after the standby has written it. */
export async function pairIn(folder: string, synchronous: boolean): Promise<Pair> {
  const [first, second] = ['one', 'two'].map((name) => join(folder, name)) as [string, string];
  for (const place of [first, second]) mkdirSync(place);
  execFileSync('chmod', ['755', folder]);
  const one = await makeCluster(first);
  let primary = postgresOf(one);
  let standby = postgresOf(await siblingOf(one, second));
  const [front, replication] = [await openTcpProxy(), await openTcpProxy()];
  const attachStandby = () => attach({ primary, standby, replication, synchronous });

  await primary.start();
  await attachStandby();
  front.forwardTo(primary.cluster.port);
  return {
    url: addressedTo(one, front),
    faults: {},
    primary: () => primary,
    standby: () => standby,
    replication,
    attachStandby,
    async promote() {
      replication.forwardTo(undefined);
      replication.dropConnections();
      await standby.query('select pg_promote()');
      [primary, standby] = [standby, primary];
    },
    redirectClients() {
      front.forwardTo(primary.cluster.port);
      front.dropConnections();
    },
    attempts: () => primary.query<AttemptRow>(attemptsSql),
    async [Symbol.asyncDispose]() {
      for (const proxy of [front, replication]) await proxy[Symbol.asyncDispose]();
      for (const server of [standby, primary]) await server.crash();
    },
  };
}

type Servers = {
  readonly primary: Postgres;
  readonly standby: Postgres;
  readonly replication: TcpProxy;
  readonly synchronous: boolean;
};

async function attach({ primary, standby, replication, synchronous }: Servers): Promise<void> {
  await standby.crash();
  const name = basename(standby.cluster.folder);
  await primary.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots`);
  await primary.query(`select pg_create_physical_replication_slot('${name}', true)`);
  const label = await backUp(primary.cluster, standby.cluster.data);
  replication.forwardTo(primary.cluster.port);
  configureStandby(standby.cluster, label, { address: addressedTo(primary.cluster, replication), name });
  await standby.start();
  if (synchronous) {
    await primary.query(`alter system set synchronous_standby_names = '${name}'`);
    await primary.query('select pg_reload_conf()');
  }
  const state = synchronous ? 'sync' : 'async';
  const follows = `select 1 from pg_stat_replication where state = 'streaming' and sync_state = '${state}'`;
  while ((await primary.query(follows)).length === 0) await wait(50);
}

/** Another cluster with the same programs and accounts. */
async function siblingOf(cluster: Cluster, folder: string): Promise<Cluster> {
  const port = await freePort();
  const url = new URL(cluster.url);
  url.port = String(port);
  return { ...cluster, url: url.href, port, folder, data: join(folder, 'data') };
}

/** Files of a running server that a backup leaves out, and folders of which it takes no content. */
const serverFiles = /^postmaster\.|^pg_internal\.init|^pgsql_tmp/;
const skippedFolders = [
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
];

/** A base backup of a running server, as `pg_basebackup` makes it, which the embedded package lacks. Returns the backup label. */
async function backUp(cluster: Cluster, data: string): Promise<string> {
  const client = new Client({ connectionString: cluster.url });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('failover', true)`);
    await rm(data, { recursive: true, force: true });
    await cp(cluster.data, data, {
      recursive: true,
      filter: (from) =>
        !serverFiles.test(basename(from)) && !skippedFolders.includes(relative(cluster.data, dirname(from))),
    });
    const { rows } = await client.query<{ label: string }>('select labelfile as label from pg_backup_stop()');
    return rows[0]?.label ?? '';
  } finally {
    await client.end();
  }
}

function configureStandby(
  { data, user, folder }: Cluster,
  label: string,
  { address, name }: { readonly address: string; readonly name: string },
): void {
  mkdirSync(join(data, 'pg_wal/archive_status'));
  writeFileSync(join(data, 'backup_label'), label);
  writeFileSync(join(data, 'standby.signal'), '');
  // Replaces the copied file: its synchronous_standby_names would block the standby's commits after its promotion.
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = '${address}?application_name=${name}'\nprimary_slot_name = '${name}'\n`,
  );
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  execFileSync('chmod', ['700', data]);
}
