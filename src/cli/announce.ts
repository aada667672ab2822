import type { Countersign } from '../countersign.ts';
import type { ServerSettings } from './settings.ts';

/** Shows the password that was made for the first administrator: the one time that anybody can. */
export function announceAdministrator({ options: { admin } }: ServerSettings, { madePassword }: Countersign): void {
  if (madePassword === undefined) return;
  process.stdout.write(
    `The administrator ${admin.username} was made, with the password ${madePassword} (it is shown this once: keep it)\n`,
  );
}
