import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile } from '../../base/key-file.ts';
import { voidRestoredSessions } from '../../engine/operations.ts';
import { sentCodeLife } from '../../factors/sent-code/sent-code.ts';
import { readSettings } from '../settings.ts';
import { withCountersign } from '../user/with-countersign.ts';
import { copyDatabase, embeddedFile } from './copy.ts';

/** Restores a checked copy where no database is, and ends the sessions and challenges in it. */
export async function runRestore(from: string): Promise<void> {
  const settings = readSettings(process.env);
  const to = embeddedFile(settings);
  if (!existsSync(from)) throw new SetupError(`there is no file ${from}`);
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(`${to}${end}`))
      throw new SetupError(
        `there is a database ${to} already: stop the servers, move it away with its -wal and -shm, and repeat`,
      );
  const { keysFile } = settings.options;
  // Otherwise a new key ring would be created for a database in which nothing is sealed.
  if (!readKeyFile(keysFile)) throw new SetupError(`there is no keys file ${keysFile}: give the one of this database`);
  let newest: number | undefined;
  const users = await copyDatabase({ from, to }, async (draft) => {
    newest = await withCountersign((ctx) => voidRestoredSessions(ctx), `sqlite:${draft}`);
  });
  const until = newest === undefined ? '' : `, as it was at ${new Date(newest).toISOString()}`;
  const safe = new Date(systemClock.now() + sentCodeLife).toISOString().slice(11, 19);
  process.stdout.write(
    `restored ${users.toLocaleString('en')} users to ${to}${until}; every session has ended
start the servers after ${safe} (UTC), when no code is good any more that was used before; removed factors, changed passwords and used recovery codes are as they were then, so have people renew what matters\n`,
  );
}
