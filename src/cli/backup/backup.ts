import { existsSync } from 'node:fs';
import { SetupError } from '../../base/fault.ts';
import { countUsers } from '../../store/user-counts.ts';
import type { Store } from '../../store/store.ts';
import { progressOf } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { copyDatabase, megabytes, sqliteFile } from './copy.ts';

/** Copies the database while servers run, and looks at the copy. */
export async function runBackup(to: string): Promise<void> {
  const settings = readSettings(process.env);
  const from = sqliteFile(settings);
  const { keysFile } = settings.house;
  if (!existsSync(from)) throw new SetupError(`there is no database ${from}: set COUNTERSIGN_DATABASE to the server's`);
  let done = 0;
  let people = 0;
  const progress = progressOf({ what: 'copied', of: 'steps', fraction: () => done, step: 1 });
  const check = async (store: Store) => {
    people = await countUsers(store);
  };
  await copyDatabase({ from, to, keysFile }, check, (fraction) => {
    done = fraction;
    progress.tell(1);
  });
  progress.clear();
  process.stdout.write(
    `backed up ${people.toLocaleString('en')} users to ${to} (${megabytes(to)}); it can't be read without the key ring ${keysFile}: keep that elsewhere\n`,
  );
}
