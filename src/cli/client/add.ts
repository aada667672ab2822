import { z } from 'zod';
import { SetupError } from '../../base/fault.ts';
import { clientName, scope } from '../../engine/oauth/client-metadata.ts';
import { scopesIn, type Scope } from '../../engine/session/scopes.ts';
import { addClient as add } from '../../engine/operations.ts';
import { granted, withCountersign } from '../user/with-countersign.ts';
import type { AccountOptions } from './list.ts';

export type Grant = 'password' | 'refresh_token';

export type AddClientOptions = AccountOptions & {
  readonly grant: readonly Grant[];
  readonly scope: string;
  readonly public?: boolean;
  readonly deux?: boolean;
};

const given = z.object({ name: clientName, scope });

export async function addClient(name: string, options: AddClientOptions): Promise<void> {
  const read = given.safeParse({ name, scope: options.scope });
  if (!read.success) {
    throw new SetupError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const { account, grant: grantTypes, public: isPublic = false } = options;
  const scopes = scopesOf(options);
  const { client, secret } = await withCountersign(async (ctx) =>
    granted(await add(ctx, { ...read.data, ...scopes, account, grantTypes, isPublic }), read.data.name),
  );
  process.stdout.write(`created the client ${client.name}\nits id is ${client.id}\n`);
  process.stdout.write(
    secret === undefined ? 'it has no secret\n' : `its secret is ${secret} (it is not shown again)\n`,
  );
}

/** A client that names a known scope has scopes; the words of any other mean nothing here. */
function scopesOf({ deux = false, scope: words }: AddClientOptions) {
  const scopes: readonly Scope[] = deux ? ['mfa', ...scopesIn(words).filter((one) => one !== 'mfa')] : scopesIn(words);
  return { ...(scopes.length > 0 && { scopes }), ...(deux && { defaultScopes: ['mfa'] as const }) };
}
