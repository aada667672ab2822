import { Client } from 'pg';
import { globalSetup, globalTeardown } from '../test/setup/postgres.ts';

/** The PostgreSQL that the tests use. It does not wait for a disk, so what it writes costs less than in earnest. */
export async function startPostgres(): Promise<AsyncDisposable & { newDatabase(): Promise<string> }> {
  process.env.TEST_POSTGRES = 'required';
  await globalSetup();
  const url = new URL(process.env.TEST_POSTGRES_URL ?? '');
  let made = 0;
  return {
    async newDatabase() {
      made += 1;
      const name = `countersign_bench_${process.pid}_${made}`;
      const client = new Client({ connectionString: url.href });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    [Symbol.asyncDispose]: globalTeardown,
  };
}
