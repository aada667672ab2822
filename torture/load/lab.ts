import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../../kit/load/postgres.ts';
import { writeKeyFile } from '../../src/base/key-file.ts';
import { makeKeyRing } from '../../src/base/keys.ts';
import { systemRandom } from '../../src/base/random.ts';
import { freePort } from '../../kit/free-port.ts';
import type { Environment } from './server.ts';
import type { Report } from './report.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

/** The environment of an experiment. */
export type Lab = Report & {
  /** Settings of a server with a new, empty database. A server that is restarted with them has the same database. */
  settings(): Promise<Environment>;
  /** Duration of the memory experiment. */
  readonly minutes: number;
  tell(progress: string): void;
};

export type SettingsFactory = AsyncDisposable & { settings(): Promise<Environment> };

export const administratorsPassword = 'loaded-administrator';

export async function openSettings(folder: string, kind: DatabaseKind): Promise<SettingsFactory> {
  const postgres = kind === 'postgres' ? await startPostgres() : undefined;
  let made = 0;
  return {
    async settings() {
      made += 1;
      const keys = join(folder, `keys-${made}.json`);
      const outbox = join(folder, `outbox-${made}`);
      writeKeyFile(keys, makeKeyRing(systemRandom), systemRandom);
      writeFileSync(outbox, '');
      const port = String(await freePort());
      return {
        COUNTERSIGN_DATABASE: postgres
          ? await postgres.newDatabase()
          : `sqlite:${join(folder, `countersign-${made}.db`)}`,
        COUNTERSIGN_KEYS: keys,
        COUNTERSIGN_OUTBOX: outbox,
        COUNTERSIGN_PORT: port,
        COUNTERSIGN_REGISTRATION: 'open',
        COUNTERSIGN_ADMIN_PASSWORD: administratorsPassword,
        COUNTERSIGN_LOG_LEVEL: 'info',
      };
    },
    [Symbol.asyncDispose]: async () => postgres?.[Symbol.asyncDispose](),
  };
}
