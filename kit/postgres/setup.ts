/**
 * One real PostgreSQL for the whole test run, started before the first test file and gone after the last.
 *
 * Tests find it in TEST_POSTGRES_URL (a superuser's URL: each test file makes its own database there).
 *   TEST_POSTGRES_URL=…      use that server, start none
 *   TEST_POSTGRES=skip       go without
 *   TEST_POSTGRES=required   fail when there is none; the same as CI=true
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCluster, runCluster } from './cluster.ts';

const settings = [
  ['max_connections', '200'],
  // The data is temporary: do not wait for a disk.
  ['fsync', 'off'],
  ['full_page_writes', 'off'],
  ['synchronous_commit', 'off'],
] as const;

let supervisor: ChildProcess | undefined;

export async function globalSetup(): Promise<void> {
  const wish = process.env.TEST_POSTGRES ?? '';
  if (!['', 'required', 'skip'].includes(wish)) {
    throw new Error(`TEST_POSTGRES is "${wish}"; it must be "required", "skip" or unset`);
  }
  if (wish === 'skip') {
    delete process.env.TEST_POSTGRES_URL;
    console.log('PostgreSQL tests are skipped: TEST_POSTGRES=skip');
    return;
  }
  if (process.env.TEST_POSTGRES_URL) return;
  try {
    process.env.TEST_POSTGRES_URL = await start();
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    if (wish === 'required' || !['', 'false'].includes(process.env.CI ?? '')) {
      throw new Error(`PostgreSQL is required for this test run and did not start: ${why}`, { cause: error });
    }
    console.log(`PostgreSQL tests are skipped: ${why}`);
  }
}

export async function globalTeardown(): Promise<void> {
  if (!supervisor || supervisor.exitCode !== null) return;
  const exited = once(supervisor, 'exit');
  supervisor.stdin?.end();
  await exited;
}

/** Makes a cluster in a temporary folder, starts it and returns its URL. */
async function start(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-postgres-'));
  try {
    const cluster = await makeCluster(folder);
    await runCluster(cluster, settings, { keepFolder: false, started: (child) => (supervisor = child) });
    return cluster.url;
  } catch (error) {
    await globalTeardown();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
