import type { Countersign } from '../countersign.ts';
import type { ServerSettings } from './settings.ts';

/** Prints the generated password of the first administrator. It is not shown again. */
export function announceAdministrator(
  { options: { admin } }: ServerSettings,
  { generatedPassword }: Countersign,
): void {
  if (generatedPassword === undefined) return;
  process.stdout.write(
    `created the administrator ${admin.username} with the password ${generatedPassword} (it is not shown again)\n`,
  );
}

/** The socket's address, and the public URL, which may be that of a proxy. */
export type Serving = { readonly address: string; readonly url: string };

export function announceServing({ address, url }: Serving): void {
  process.stdout.write(`countersign listening on ${address}, public URL ${url}\n`);
}
