import type { Countersign } from '../countersign.ts';
import type { ServerSettings } from './settings.ts';

/** Shows the password that was made for the first administrator: the only time. */
export function announceAdministrator({ options: { admin } }: ServerSettings, { madePassword }: Countersign): void {
  if (madePassword === undefined) return;
  process.stdout.write(
    `The administrator ${admin.username} was made, with the password ${madePassword} (it is shown this once: keep it)\n`,
  );
}

/** The socket's address, and the URL that a proxy may have in front of it. */
export type Serving = { readonly address: string; readonly url: string };

export function announceServing({ address, url }: Serving): void {
  process.stdout.write(`countersign listening on ${address}, public URL ${url}\n`);
}
