import { isDeepStrictEqual } from 'node:util';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile, writeKeyFile } from '../../base/key-file.ts';
import { activeKey, keyKinds, makeKeyRing, type AnyKey, type KeyKind, type KeyRing } from '../../base/keys.ts';
import type { LiveRing } from '../../base/live-ring.ts';
import type { Random } from '../../base/random.ts';
import { ringAt } from '../../base/rotation.ts';
import { createSafe } from '../../base/seal.ts';
import { checkKeyRing, isFresh } from '../../store/meta.ts';
import type { Database } from '../../store/store.ts';
import { createAccessTokens } from '../access-token.ts';
import type { Context } from '../context.ts';

/** Loads the key ring at the start, before migrations. With SQLite and a new database, it is created. */
export async function loadKeyRing(keysFile: string, database: Database, random: Random): Promise<KeyRing> {
  const ring = readKeyFile(keysFile);
  if (ring) return ring;
  if (database.flavour === 'postgres') {
    throw new SetupError(
      `there is no keys file ${keysFile}: with PostgreSQL, all nodes need the same one; create it with: countersign keys make`,
    );
  }
  if (!(await isFresh(database.db))) {
    // Another process may have created the file and the database since the first read.
    const made = readKeyFile(keysFile);
    if (made) return made;
    throw new SetupError(
      `the keys file ${keysFile} is missing, and the database cannot be read without it: restore it from a backup`,
    );
  }
  return writeKeyFile(keysFile, makeKeyRing(random), random);
}

type ReloadContext = Pick<Context, 'store' | 'clock' | 'random' | 'log'>;

type ReloadedFile = {
  readonly ring: LiveRing;
  readonly keysFile: string;
  /** The content of the file at the start. */
  readonly loaded: KeyRing;
  readonly url: string;
};

/**
 * Returns a function that reloads the key ring if its file has changed. A file that is invalid, belongs to another
 * database or lacks an active key is not loaded: the server keeps its ring and logs each different error once.
 */
export function createReload(
  context: ReloadContext,
  { ring, keysFile, loaded, url }: ReloadedFile,
): () => Promise<void> {
  const { log } = context;
  let current = loaded;
  let lastError = '';
  return async () => {
    try {
      const read = readKeyFile(keysFile);
      if (!read) throw new SetupError(`the keys file ${keysFile} was removed: restore it`);
      if (!isDeepStrictEqual(read, current)) {
        await assertUsable(context, { read, present: ring.current(), url });
        ring.replace(read);
        current = read;
        log.info({ keys: statesOf(ring.current()) }, 'key ring reloaded');
      }
      lastError = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      if (message !== lastError) log.error({ err: error }, 'key ring not reloaded');
      lastError = message;
    }
  };
}

type NewRing = { readonly read: KeyRing; readonly present: KeyRing; readonly url: string };

async function assertUsable({ store, clock, random }: ReloadContext, { read, present, url }: NewRing) {
  for (const kind of keyKinds) {
    const { id } = activeKey<AnyKey>(present[kind]);
    if (!isDeepStrictEqual(secretOf(read, kind, id), secretOf(present, kind, id)))
      throw new SetupError(`the keys file lacks the ${kind} key ${id}, which is in use: restore the file that has it`);
  }
  const ring = ringAt(read, clock.now());
  await checkKeyRing({ db: store.db, safe: createSafe(ring, random) });
  await createAccessTokens(ring, url);
}

function secretOf(ring: KeyRing, kind: KeyKind, id: string): unknown {
  if (kind === 'signing') return ring.signing.find((key) => key.id === id)?.jwk;
  return ring[kind].find((key) => key.id === id)?.secret;
}

/** The ids and states of the keys, for the log. */
const statesOf = (ring: KeyRing) =>
  Object.fromEntries(keyKinds.map((kind) => [kind, ring[kind].map(({ id, state }) => `${id} ${state}`)]));
