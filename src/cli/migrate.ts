import { systemClock } from '../base/clock.ts';
import { migrate } from '../store/migrate.ts';
import { openDatabase } from '../store/store.ts';
import { readSettings } from './settings.ts';

export async function runMigrations(): Promise<void> {
  const { options } = readSettings(process.env);
  const database = openDatabase(options.database);
  try {
    const ran = await migrate(database, systemClock.now());
    const said =
      ran.length === 0
        ? 'the database is up to date: there was nothing to do'
        : `the database is up to date now: ran ${ran.join(', ')}`;
    process.stdout.write(`${said}\n`);
  } finally {
    await database.db.destroy();
  }
}
