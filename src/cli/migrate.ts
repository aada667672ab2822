import { systemClock } from '../base/clock.ts';
import { migrate } from '../store/migrate.ts';
import { openDatabase } from '../store/store.ts';
import { readSettings } from './settings.ts';

export async function runMigrations(): Promise<void> {
  const { options } = readSettings(process.env);
  const database = openDatabase(options.database);
  try {
    const ran = await migrate(database, systemClock.now());
    const message =
      ran.length === 0 ? 'the database is already up to date' : `the database is now up to date: ran ${ran.join(', ')}`;
    process.stdout.write(`${message}\n`);
  } finally {
    await database.db.destroy();
  }
}
