import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { settleRestored } from '../../engine/operations.ts';
import { sentCodeLife } from '../../factors/sent-code.ts';
import type { Store } from '../../store/store.ts';
import { progressOf } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { copyDatabase, sqliteFile } from './copy.ts';

/** Puts a copy in the place of a database that is not there, after looking at it, and ends what the copy would bring back to life. */
export async function runRestore(from: string): Promise<void> {
  const settings = readSettings(process.env);
  const to = sqliteFile(settings);
  if (!existsSync(from)) throw new SetupError(`there is no file ${from}`);
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(`${to}${end}`))
      throw new SetupError(
        `there is a database ${to} already: stop the servers, move it away with its -wal and -shm, and repeat`,
      );
  let done = 0;
  const progress = progressOf({ what: 'copied', of: 'steps', fraction: () => done, step: 1 });
  let said = '';
  const { keysFile } = settings.house;
  const check = async (store: Store) => {
    const { users, newest } = await settleRestored(store);
    const until = newest === undefined ? '' : `, as it was at ${new Date(newest).toISOString()}`;
    said = `restored ${users.toLocaleString('en')} users to ${to}${until}; every session has ended`;
  };
  await copyDatabase({ from, to, keysFile }, check, (fraction) => {
    done = fraction;
    progress.tell(1);
  });
  progress.clear();
  const safe = new Date(systemClock.now() + sentCodeLife).toISOString().slice(11, 19);
  process.stdout.write(
    `${said}\nstart the servers after ${safe} (UTC), when no code is good any more that was used before; removed factors, changed passwords and used recovery codes are as they were then, so have people renew what matters\n`,
  );
}
