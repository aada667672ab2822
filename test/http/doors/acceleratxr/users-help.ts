import { insertAccount } from '../../../../src/store/accounts.ts';
import type { Answer, Server } from '../../../../kit/server.ts';

export type User = Readonly<Record<string, unknown>> & { readonly uid: string; readonly name: string };

export const user = ({ json }: Answer) => json as User;
export const good = { name: 'ada', password: 'ada in the library' };
export const make = (server: Server, json: object, bearer?: string) => server.call('POST', '/users', { json, bearer });
export const makeAsAdmin = (server: Server, json: object) => make(server, json, server.admin.token);

export async function otherAccount({ countersign }: Server): Promise<string> {
  const id = 'a'.repeat(32);
  const now = countersign.context.clock.now();
  const { store } = countersign.context;
  const root = await store.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
  await insertAccount(store, { id, parentId: root.id, name: 'Other Server' }, now);
  return id;
}
