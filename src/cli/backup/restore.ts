import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile } from '../../base/key-file.ts';
import { voidRestoredSessions } from '../../engine/operations.ts';
import { sentCodeLife } from '../../factors/sent-code/sent-code.ts';
import { totpCodeLife } from '../../factors/totp.ts';
import { readSettings } from '../settings.ts';
import { withCountersign } from '../user/with-countersign.ts';
import { copyDatabase, embeddedFile } from './copy.ts';

/** Restores a checked copy if no database exists, and ends the sessions and challenges in it. */
export async function runRestore(from: string): Promise<void> {
  const settings = readSettings(process.env);
  const to = embeddedFile(settings);
  if (!existsSync(from)) throw new SetupError(`there is no file ${from}`);
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(`${to}${end}`))
      throw new SetupError(
        `the database ${to} exists already: stop the servers, move it away with its -wal and -shm files, and run this again`,
      );
  const { keysFile } = settings.options;
  // If the copy has no sealed value, opening it would not fail without the keys file: a new key ring would be created.
  if (!readKeyFile(keysFile))
    throw new SetupError(`there is no keys file ${keysFile}: set COUNTERSIGN_KEYS to the keys file of this database`);
  let newest: number | undefined;
  const users = await copyDatabase({ from, to }, async (draft) => {
    newest = await withCountersign((ctx) => voidRestoredSessions(ctx), `sqlite:${draft}`);
  });
  const until = newest === undefined ? '' : `, as it was at ${new Date(newest).toISOString()}`;
  const safe = new Date(systemClock.now() + Math.max(sentCodeLife, totpCodeLife)).toISOString().slice(11, 19);
  process.stdout.write(
    `restored ${users.toLocaleString('en')} users to ${to}${until}; every session has ended
start the servers after ${safe} (UTC): until then a code that was already used would be accepted again
factors, passwords and recovery codes are as they were at the time of the backup: users should repeat changes that they made since\n`,
  );
}
