import { statSync } from 'node:fs';
import { readSettings } from '../settings.ts';
import { withCountersign } from '../user/with-countersign.ts';
import { copyDatabase, embeddedFile } from './copy.ts';

/** Copies the database while servers run, and checks the copy. */
export async function runBackup(to: string): Promise<void> {
  const settings = readSettings(process.env);
  const from = embeddedFile(settings);
  // Opening the database also checks that the key ring belongs to it, and so to its copy.
  const users = await withCountersign(async () => copyDatabase({ from, to }));
  process.stdout.write(
    `backed up ${users.toLocaleString('en')} users to ${to} (${megabytes(to)})\nback up the key ring ${settings.options.keysFile} elsewhere: the copy cannot be read without it\n`,
  );
}

const megabytes = (file: string) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;
