import type { Reply } from '../../route.ts';
import { wantsPage } from '../../server/origins.ts';

type Forms = { readonly json: unknown; readonly page: () => Promise<string> };

/** A page for a browser, which names HTML in `Accept`; JSON for every other client. */
export async function byAccept(sent: Headers, { json, page }: Forms): Promise<Reply> {
  const headers = { Vary: 'Accept' };
  if (!wantsPage(sent)) return { status: 200, json, headers };
  return { status: 200, text: await page(), type: 'text/html; charset=utf-8', headers };
}
